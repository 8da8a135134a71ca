import { type Failure, leftByClient } from '#canonical/failure.ts'
import type { Request } from '#canonical/request.ts'
import type { ProviderConfig } from '#config/config.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { largeBytes, turnsUntil } from '#lib/slices/turn.ts'
import { writeInSlices } from '#lib/slices/write.ts'
import { continuationRequest } from './continue.ts'
import { hasMediaUrls, inlineMedia } from './inline-media.ts'
import { type Prepared, prepare, prepareOperation } from './prepare.ts'
import { restoreSignatures } from './put-back.ts'
import type { Run } from './run.ts'
import { type Candidate, stepAt } from './walk.ts'

/**
 * Writes the request for a candidate, at once unless it is large, or media by URL is downloaded for a target that takes none, where that is
 * allowed.
 */
export function prepareFor(
  run: Run,
  candidate: Candidate,
  provider: ProviderConfig,
): Result<Prepared, Failure> | Promise<Result<Prepared, Failure>> {
  const { request, operation } = run.exchange
  if (operation !== undefined) {
    const prepared = prepareOperation(operation, request, candidate.target, provider)
    return prepared.ok && run.exchange.bytesIn >= largeBytes ? writeLarge(run, prepared.value) : prepared
  }
  if (run.exchange.bytesIn >= largeBytes) return prepareLarge(run, candidate, provider)
  const prepared = prepareRequest(run, candidate, provider, request)
  if (prepared.ok || prepared.error.kind !== 'unsupported') return prepared
  return isFetched(run) ? prepareInlined(run, candidate, provider, prepared.error) : prepared
}

/** Lets others have their turn before it is put together, and at every slice that is written. */
async function prepareLarge(run: Run, candidate: Candidate, provider: ProviderConfig): Promise<Result<Prepared, Failure>> {
  const { presence, exchange } = run
  await turnsUntil(() => presence.gone)()
  const prepared = prepareRequest(run, candidate, provider, exchange.request)
  if (prepared.ok) return writeLarge(run, prepared.value)
  if (prepared.error.kind !== 'unsupported' || !isFetched(run)) return prepared
  return prepareInlined(run, candidate, provider, prepared.error)
}

/** Whether media that it names by URL is downloaded. */
function isFetched({ config, exchange }: Run): boolean {
  return config.media.urls === 'fetch' && hasMediaUrls(exchange.request)
}

async function prepareInlined(
  run: Run,
  candidate: Candidate,
  provider: ProviderConfig,
  unsupported: Failure,
): Promise<Result<Prepared, Failure>> {
  run.record.inlined ??= inlineMedia(run.exchange.request, run.config.media)
  const inlined = await run.record.inlined
  if (!inlined.ok) return err({ ...unsupported, message: `${unsupported.message}; it could not be fetched: ${inlined.error}` })
  const prepared = prepareRequest(run, candidate, provider, inlined.value)
  return prepared.ok ? writeLarge(run, prepared.value) : prepared
}

/** Writes it slice by slice, as long as the client is there. */
async function writeLarge({ presence }: Run, prepared: Prepared): Promise<Result<Prepared, Failure>> {
  const body = prepared.call?.body ?? prepared.encoded.body
  if (body instanceof Uint8Array) return ok(prepared)
  const written = await writeInSlices(
    body,
    turnsUntil(() => presence.gone),
  )
  if (written !== undefined) return ok({ ...prepared, written })
  return err(leftByClient('request'))
}

function prepareRequest(run: Run, candidate: Candidate, provider: ProviderConfig, given: Request): Result<Prepared, Failure> {
  const { target, continuation } = candidate
  const { unsupported } = run.policy
  const maxOutput = stepAt(run.plan, candidate.index)?.maxOutput
  const restored = restoreSignatures(run, candidate, given)
  const request = maxOutput === undefined ? restored : { ...restored, params: { ...restored.params, maxOutput } }
  // The client's own bytes have the client's own limit.
  const mode = maxOutput === undefined ? 'passthrough_if_same' : 'translate'
  const guarded = run.exchange.guarded?.answer !== undefined
  if (continuation === undefined) return prepare(request, target, provider, { mode, unsupported, guarded })
  const text = run.out?.seen.plainText() ?? ''
  return prepare(continuationRequest(request, text, continuation), target, provider, { mode: 'translate', unsupported })
}
