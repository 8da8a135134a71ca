import type { Failure } from '#canonical/failure.ts'
import type { Loss } from '#canonical/loss.ts'
import type { Target } from '#canonical/plan.ts'
import type { ProviderDialectName, Request } from '#canonical/request.ts'
import type { ProviderConfig } from '#config/config.ts'
import type { Encoded, EncodeTarget, ProviderDialect } from '#dialect/dialect.ts'
import { lossesOfState } from '#dialect/kept-elsewhere.ts'
import type { Operation, OperationCall } from '#dialect/operation.ts'
import { providerDialect } from '#dialect/registry.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Written } from '#provider/provider.ts'

/** A request written for one target, ready to be sent. */
export type Prepared = {
  /** The provider's dialect. */
  readonly dialect: ProviderDialect
  readonly target: EncodeTarget
  readonly encoded: Encoded
  /** The provider's bytes go to the client as they are. */
  readonly passthrough: boolean
  /** What the client asked for; differs from the client's own when an answer is continued. */
  readonly request: Request
  /** What is sent when it is no conversation. */
  readonly call?: OperationCall
  /** The body of a large request, written already; of others it is written when it is sent. */
  readonly written?: readonly Uint8Array[]
}

/** `translate`: through the canonical form also between equal dialects, since the answer's events are needed. */
export type PrepareMode = 'passthrough_if_same' | 'translate'

export type PrepareOptions = {
  readonly mode: PrepareMode
  /** The model's `unsupported`: what becomes of fields that the target cannot take; left out: by what they mean. */
  readonly unsupported: 'drop' | 'error' | undefined
  /** Somebody looks at the answer before the client does: it is written anew, though the request may go as it came. */
  readonly guarded?: boolean
}

/** Writes the request in the target's dialect; the failure is `unsupported` when the target cannot serve what was asked. */
export function prepare(
  request: Request,
  target: Target,
  provider: ProviderConfig,
  { mode, unsupported, guarded = false }: PrepareOptions,
): Result<Prepared, Failure> {
  const encodeTarget = {
    model: target.model,
    quirks: provider.type.quirksOf(target.model),
    traits: provider.type.traitsOf(target.model),
  }
  const dialect = providerDialect(mode === 'translate' ? target.dialect : dialectFor(request, target, encodeTarget))
  const way = mode === 'passthrough_if_same' && passes(request, dialect, encodeTarget) ? dialect.passthrough : undefined
  // An array of answers has commas between its elements, which frame by frame nobody can place: it is written anew.
  const passthrough = way !== undefined && request.framing !== 'json-array' && !guarded
  const encoded = (way ?? dialect).encodeRequest(request, encodeTarget)
  const lost = encoded.losses.find(({ severity }) =>
    unsupported === undefined ? severity === 'refuse' : unsupported === 'error',
  )
  const refused = way !== undefined ? lost : (nativeLosses(request)[0] ?? lost)
  if (refused === undefined) {
    const addressed =
      provider.type.address === undefined
        ? encoded
        : { ...encoded, ...addressOf(provider, encoded, target.model, request.stream) }
    return ok({ dialect, target: encodeTarget, encoded: addressed, passthrough, request })
  }
  return err({
    kind: 'unsupported',
    phase: 'request',
    code: 'unsupported_by_target',
    param: refused.field,
    message: `${target.id} cannot take ${refused.field}: ${refused.reason}`,
  })
}

/** Writes an operation for the target. */
export function prepareOperation(
  operation: Operation,
  request: Request,
  target: Target,
  provider: ProviderConfig,
): Result<Prepared, Failure> {
  const encodeTarget = {
    model: target.model,
    quirks: provider.type.quirksOf(target.model),
    traits: provider.type.traitsOf(target.model),
  }
  const call = operation.encode({ ...encodeTarget, dialect: target.dialect })
  if (!call.ok) return call
  const { path, losses } = call.value
  const dialect = providerDialect(target.dialect)
  const written = { path, headers: {}, body: {} }
  const encoded: Encoded = { ...written, path: addressOf(provider, written, target.model, false).path, losses }
  return ok({
    dialect,
    target: encodeTarget,
    encoded,
    passthrough: request.dialect === target.dialect,
    request,
    call: call.value,
  })
}

/** The request where this provider wants it. */
export function addressOf({ type, options }: ProviderConfig, written: Written, model: string, stream: boolean): Written {
  return type.address?.(written, { model, stream, options }) ?? written
}

/** A provider may serve the legacy route beside the dialect that its target speaks. */
function dialectFor(request: Request, target: Target, { quirks }: EncodeTarget): ProviderDialectName {
  return request.dialect === 'openai-completions' && quirks.textCompletions === true ? request.dialect : target.dialect
}

function passes(request: Request, dialect: ProviderDialect, { quirks }: EncodeTarget): boolean {
  return request.dialect === dialect.name && quirks.passthrough !== false && request.wholeCalls !== true
}

/** What only a provider of the client's own dialect can serve. */
function nativeLosses(request: Request): readonly Loss[] {
  const reason = 'only a provider with the same API can serve it'
  const native = (request.nativeOnly ?? []).map((field): Loss => ({ field, severity: 'refuse', reason }))
  return [...native, ...lossesOfState(request)]
}
