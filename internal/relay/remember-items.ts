import type { AttemptResult } from './consumer.ts'
import type { Run } from './run.ts'

/** Keeps the items of an answer that was translated for a client which may name them later. */
export function rememberItems({ deps, exchange, record, out }: Run, result: AttemptResult): void {
  const { dialect, request, hints } = exchange
  // A client that asks for nothing to be stored sends everything again. Ids of the provider's own pass as they are.
  const mayRefer = dialect.references !== undefined && request.state?.store !== false
  if (deps.items === undefined || !mayRefer || record.target?.dialect === request.dialect) return
  const written = (result.kind === 'whole' ? result.written : out?.ending()) ?? ''
  for (const [id, item] of dialect.references?.told(written) ?? []) deps.items.remember(hints.client ?? '', id, item)
}
