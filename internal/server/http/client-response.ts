/** The answer to a client. */
export type ClientResponse = {
  /** Status and headers have been given. */
  readonly headersSent: boolean
  /** The client has left, or all has been sent: nothing is written any more. */
  readonly destroyed: boolean
  /** Bytes of the body so far. */
  readonly bodyBytes: number
  /** The connection is closed once this has been sent. Before `writeHead`. */
  readonly closeAfter: () => void
  /** Sent with the first of the body. Throws for a header that cannot be written. */
  readonly writeHead: (status: number, headers: Readonly<Record<string, string>>) => void
  /** False when the client is slower: wait for `onDrain`. What is written in one turn goes out together. */
  readonly write: (piece: string | Uint8Array) => boolean
  readonly onDrain: (listener: () => void) => void
  readonly end: (piece?: string | Uint8Array) => void
  /** Tells when the client leaves before all has been sent; at once when it already has. */
  readonly onGone: (listener: () => void) => void
  /** Cuts the connection. */
  readonly destroy: () => void
}
