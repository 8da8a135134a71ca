import type { Body } from '#lib/slices/pieces.ts'
import type { ResponseHeaders } from './call-handler.ts'

/** A request as it goes over a connection. */
export type OutgoingRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With what stands in the base URL. */
  readonly path: string
  /** Mostly the same object for many requests, so that they are written once. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of this request alone, under other names: ours, and known to be such as can be written, since they are not looked at again. */
  readonly ownHeaders?: Readonly<Record<string, string>> | undefined
  /** One in pieces goes with its length told: not every provider takes a body without. */
  readonly body: Body | null
}

/** What can be done to a request under way. After its end it does nothing. */
export type CallController = {
  /** Ends it, and closes its connection. */
  readonly abort: (reason: Error) => void
  readonly pause: () => void
  readonly resume: () => void
}

/** Hears of the answer; undici's names. */
export type ResponseHandler = {
  /** It is about to be written. */
  readonly onRequestStart: (controller: CallController) => void
  readonly onResponseStart: (controller: CallController, status: number, headers: ResponseHeaders) => void
  readonly onResponseData: (controller: CallController, chunk: Uint8Array) => void
  readonly onResponseEnd: (controller: CallController) => void
  readonly onResponseError: (controller: CallController, error: Error) => void
}

/** Connections to one origin. */
export type Connections = {
  /** Throws for a request that cannot be written. */
  readonly dispatch: (request: OutgoingRequest, handler: ResponseHandler) => unknown
  /** Once the requests under way have ended. */
  readonly close: () => Promise<void>
  /** What is under way fails. */
  readonly destroy: () => Promise<void>
}
