import type { IncomingHttpHeaders } from 'node:http'

/** Hears of a request's body. After `end` or `gone` nothing more is told. */
export type BodySink = {
  readonly data: (bytes: Buffer) => void
  readonly end: () => void
  /** The client left before the body's end. */
  readonly gone: () => void
}

/** A client's request: its head has arrived. */
export type ClientRequest = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** The client has left. */
  readonly destroyed: boolean
  /** Tells of the body: at once of what has come. */
  readonly read: (sink: BodySink) => void
  /** Reads no more of the body. */
  readonly stop: () => void
}
