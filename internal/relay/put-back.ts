import type { AnswerPart } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { AttemptResult } from './consumer.ts'
import type { Run } from './run.ts'
import type { SignatureSource } from './signatures.ts'
import type { Candidate } from './walk.ts'

/**
 * Puts back what the candidate's provider signed in earlier turns and the client could not carry. A client of the provider's
 * own dialect carries it itself, and its words are not touched.
 */
export function restoreSignatures(run: Run, { target }: Candidate, request: Request): Request {
  const { record, deps } = run
  if (record.signatures === 'left_out' || request.dialect === target.dialect) return request
  const source = sourceOf(run, target)
  const restored = source === undefined ? request : deps.signatures.restore(request, source)
  record.signatures = restored === request ? 'none' : 'restored'
  return restored
}

/** Keeps what the answer is signed with; one that was mended from several models' texts has no signature that holds. */
export function rememberSignatures(run: Run, result: AttemptResult): void {
  const { record, exchange, deps } = run
  const { target } = record
  if (target === undefined || record.continuations > 0 || exchange.request.dialect === target.dialect) return
  const source = sourceOf(run, target)
  const parts = partsOf(run, result)
  if (source !== undefined && parts !== undefined) deps.signatures.remember(exchange.request, parts, source)
}

// What vendors say: "Invalid `signature` in `thinking` block", "The encrypted content could not be verified", "Thought signature is not valid".
const aboutSignatures = /signature|thinking|thought|encrypted|reasoning/i

/** What we put back must not be why a request is refused: the same target is asked once more without it. */
export function withoutSignatures(run: Run, candidate: Candidate, failure: Failure): Candidate | undefined {
  const { record, policy, deps } = run
  if (record.signatures !== 'restored' || failure.kind !== 'invalid_request') return undefined
  if (!aboutSignatures.test(failure.message) || record.attempts.length >= policy.retry.attempts) return undefined
  if (!deps.retryBudget.tryRetry(deps.clock.now())) return undefined
  record.signatures = 'left_out'
  return candidate
}

function partsOf({ out }: Run, result: AttemptResult): readonly AnswerPart[] | undefined {
  if (result.kind === 'whole') return result.answer?.candidates[0]?.parts
  return result.kind === 'streamed' ? out?.seen.parts() : undefined
}

function sourceOf({ config, exchange }: Run, { provider: name, model }: Target): SignatureSource | undefined {
  const provider = config.providers.get(name)
  if (provider === undefined) return undefined
  const { vendor, chat } = provider.type.quirksOf(model)
  const wantsReasoning = chat?.reasoningBack !== undefined
  return { provider: name, model, vendor, wantsReasoning, client: exchange.hints.client ?? '' }
}
