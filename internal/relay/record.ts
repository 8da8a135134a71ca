import type { FinishReason, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { AttemptRecord, RequestOutcome, StreamOutcome } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Result } from '#lib/result.ts'

/** What a request has been through so far; closed once, by `request_ended`. */
export type RequestRecord = {
  attempts: AttemptRecord[]
  failures: { readonly target: Target; readonly failure: Failure }[]
  /** Fields that the answering target could not take. */
  dropped: readonly string[]
  /** The target of the attempt under way, or of the answer. */
  target: Target | undefined
  /** Of all attempts that the answer is made of. */
  usage: Usage | undefined
  costUsd: number | undefined
  /** Of a whole answer; a stream's is with its events. */
  finishReason: FinishReason | undefined
  /** Of an answer from the cache; of others it follows from usage and cost. */
  savedUsd: number | undefined
  firstTokenMs: number | undefined
  /** Milliseconds spent waiting for providers or between attempts: the rest is ours. */
  waitedMs: number
  /** When the attempt under way began; undefined between attempts. */
  attemptStartedMs: number | undefined
  /** How many times the answer broke after its beginning and was taken up by another attempt. */
  continuations: number
  /** Bytes of an operation's answer have gone to the client as they came: nothing can be tried any more. */
  relayed: boolean
  /** What earlier answers were signed with: put back into the request, or left out since the provider refused it. */
  signatures: 'none' | 'restored' | 'left_out'
  /** The request with downloaded media in place of URLs, once a target needed it. */
  inlined: Promise<Result<Request, string>> | undefined
}

/** `semantic`: it had an answer to another question that means the same. */
export type CacheResult = 'hit' | 'semantic' | 'miss'

/** How it all ended. */
export type Ending = {
  readonly outcome: RequestOutcome
  readonly status: number
  readonly streamOutcome?: StreamOutcome
  readonly code?: string
}

export function openRecord(): RequestRecord {
  return {
    attempts: [],
    failures: [],
    dropped: [],
    target: undefined,
    usage: undefined,
    costUsd: undefined,
    finishReason: undefined,
    savedUsd: undefined,
    firstTokenMs: undefined,
    waitedMs: 0,
    attemptStartedMs: undefined,
    continuations: 0,
    relayed: false,
    signatures: 'none',
    inlined: undefined,
  }
}

/** The sum of what two attempts used; a continued answer was paid for twice. */
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return {
    input: left.input + right.input,
    output: left.output + right.output,
    cacheRead: left.cacheRead + right.cacheRead,
    cacheWrite: left.cacheWrite + right.cacheWrite,
    reasoning: left.reasoning + right.reasoning,
    ...sumOf('cacheWrite1h', left, right),
    ...sumOf('audioIn', left, right),
    ...sumOf('audioOut', left, right),
    ...(left.estimated === true || right.estimated === true ? { estimated: true } : {}),
  }
}

function sumOf(name: 'cacheWrite1h' | 'audioIn' | 'audioOut', left: Usage, right: Usage): Partial<Usage> {
  const sum = (left[name] ?? 0) + (right[name] ?? 0)
  return sum === 0 ? {} : { [name]: sum }
}
