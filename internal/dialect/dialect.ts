import type { Answer, AnswerEvent, Emit } from '#canonical/answer.ts'
import type { Failure, FailureKind } from '#canonical/failure.ts'
import type { Loss } from '#canonical/loss.ts'
import type { DialectName, Json, ProviderDialectName, Request } from '#canonical/request.ts'
import type { StreamFraming } from '#framing/frames.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import type { Result } from '#lib/result.ts'
import type { ModelTraits, Quirks } from './quirks.ts'

/** What a client's route is for. */
export type Operation = 'generate' | 'count_tokens'

/**
 * A path that the dialect's clients call. `{model}` stands for one or more characters, slashes included. The server adds the forms without
 * the version prefix where a vendor's SDK needs them.
 */
export type DialectRoute = { readonly method: 'POST'; readonly path: string; readonly operation: Operation }

/** A client's call, its body already parsed. */
export type ClientCall = {
  readonly path: string
  /** What stood for `{model}` in the route, percent-decoded. */
  readonly pathModel?: string | undefined
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Json
}

/** The model that a request is written for. */
export type EncodeTarget = { readonly model: string; readonly quirks: Quirks; readonly traits: ModelTraits }

/** A request in the provider's dialect. */
export type Encoded = {
  /** Below the provider's base URL, with its query: `/chat/completions`, `/v1/messages`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
  readonly losses: readonly Loss[]
  /** Tool names that had to be changed: name at the provider → name the client gave. */
  readonly names?: ReadonlyMap<string, string>
  /** Stop sequences that the provider does not take: the answer is to end before the first of them all the same. */
  readonly cutAt?: readonly string[]
}

/** What a decoder may know of the request that it decodes the answer of. */
export type DecodeContext = {
  readonly request: Request
  readonly target: EncodeTarget
  readonly names?: ReadonlyMap<string, string>
}

/** What an encoder may know of the request that it answers. */
export type AnswerContext = {
  readonly request: Request
  /** Outrigger's id of the request; ids in the client's style are made from it. */
  readonly requestId: string
  /** The id by which the client knows the answer already, where somebody else wrote its beginning; left out: nobody did. */
  readonly answerId?: string
  /** Seconds since the epoch, for answers whose provider gives no time. */
  readonly nowSeconds: number
}

/** Takes the frames of one stream, of whatever framing; `end` when the provider's bytes ended well. It emits exactly one of `end` and `failure`. */
export type FrameDecoder = {
  readonly frame: (frame: SseFrame) => void
  /**
   * Takes the frame by a shortcut when it is like the one before but for the text that it adds; otherwise it does nothing and gives
   * false. Left out: there is no shortcut.
   */
  readonly alike?: (frame: SseFrame) => boolean
  /**
   * The data that a client of the same dialect gets in place of that of the frame that was decoded last; undefined: it may have it as it
   * came. Left out: it may have all.
   */
  readonly corrected?: () => string | undefined
  readonly end: () => void
}

/** Event in, bytes (as text) out: empty when the event has no counterpart or must wait for another. */
export type EventEncoder = (event: AnswerEvent) => string

/** An error as the client's SDK shall see it. */
export type ClientError = {
  /** The cause in one stable word: `all_targets_failed`, `model_not_found`, … */
  readonly code: string
  /** The class that the dialect maps to its own status, type and exception. */
  readonly kind: FailureKind | 'client_auth' | 'permission' | 'method_not_allowed' | 'too_large' | 'queue_full' | 'internal'
  readonly message: string
  readonly param?: string
  /** When asking again makes sense, for dialects that tell it in the body. */
  readonly retryAfterMs?: number
  readonly requestId: string
}

export type EncodedError = { readonly status: number; readonly body: Json }

/** Same dialect on both sides: what is sent is what came, but for the model's name; what comes back goes to the client as it is. */
export type Passthrough = {
  readonly encodeRequest: (request: Request, target: EncodeTarget) => Encoded
  /**
   * The frame as it goes to the client: empty when the vendor's own SDK would choke on it, or when the client did not ask
   * for it (a usage chunk that only we wanted).
   */
  readonly frame: (frame: SseFrame, request: Request, target: EncodeTarget) => string
  /** A whole answer that must not go to the client as it came, corrected; undefined when the bytes may pass. Default: they pass. */
  readonly answer?: (body: Json, request: Request, target: EncodeTarget) => Json | undefined
  /**
   * The frame that closes a stream, for a provider that told the finish and left its last word out: SDKs wait for it, or take the
   * answer for broken. Default: streams just end.
   */
  readonly closing?: string
}

/** Items of answers that clients name by their ids alone in later turns, as if the provider kept them. */
export type References = {
  /** Items by their ids. `written` is what the client got: a whole answer, or the text that its stream ended with. */
  readonly told: (written: Json | string) => readonly (readonly [id: string, item: Json])[]
  /** The request with the items in the place of their ids, where they are found; the same body when none is. */
  readonly resolve: (body: Json, find: (id: string) => Json | undefined) => Json
}

/** Counting a prompt's tokens without an answer. */
export type TokenCounting = {
  /** Below the provider's base URL. */
  readonly path: (model: string) => string
  readonly body: (request: Request, model: string) => Json
  /** The answer, when the number is our own estimate. */
  readonly answer: (tokens: number) => Json
}

/** The provider's side of a wire format: canonical → wire → canonical. All functions are pure. */
export type ProviderDialect = {
  readonly name: ProviderDialectName
  /** Of the provider's streams. Default `sse`. */
  readonly framing?: StreamFraming

  /** Canonical → provider. Never fails: what cannot be said is in `losses`. */
  readonly encodeRequest: (request: Request, target: EncodeTarget) => Encoded
  /** Provider → canonical, a whole answer (HTTP 200). An error, an answer without content and finish, or no JSON object is a failure. */
  readonly decodeAnswer: (body: unknown, context: DecodeContext) => Result<Answer, Failure>
  /** Provider → canonical, a stream. */
  readonly decodeStream: (emit: Emit, context: DecodeContext) => FrameDecoder
  /** Provider → canonical, an error status. `body` is the text as received, JSON or not. */
  readonly decodeError: (status: number, headers: Readonly<Record<string, string | undefined>>, body: string) => Failure

  /** Left out where no client speaks it. */
  readonly passthrough?: Passthrough
}

/** A wire format, both sides of it: wire ↔ canonical. All functions are pure. */
export type Dialect = ProviderDialect & {
  readonly name: DialectName
  readonly routes: readonly DialectRoute[]

  /** Client → canonical. The failure is `invalid_request` with a message for the caller and the field at fault. */
  readonly decodeRequest: (call: ClientCall) => Result<Request, Failure>
  /** Canonical → client, a whole answer. */
  readonly encodeAnswer: (answer: Answer, context: AnswerContext) => Json
  /**
   * Canonical → client, a stream. A `failure` event gives the dialect's own error event and must work at any time, also first.
   * Text that is given back after `end` closes the stream (`data: [DONE]`).
   */
  readonly encodeStream: (context: AnswerContext) => EventEncoder
  readonly streamContentType: (request: Request) => string
  /** Whether the vendor's SDKs skip the comments of a stream. Default true. */
  readonly streamComments?: boolean
  readonly encodeError: (error: ClientError) => EncodedError

  /** Left out where clients have no such references. */
  readonly references?: References
  readonly passthrough: Passthrough
  /** For dialects that have a route for it. */
  readonly countTokens?: TokenCounting
}
