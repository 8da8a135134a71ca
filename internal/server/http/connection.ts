import type { Socket } from 'node:net'

/** A client's connection with what node:http notes on it. */
export type Connection = Socket & {
  /** Nothing is read until what is to be sent has been. */
  readonly _paused?: boolean
  /** The answer that is being sent. */
  _httpMessage?: { readonly finished: boolean; readonly _headerSent: boolean } | null
}
