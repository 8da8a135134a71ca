import type { Failure } from '#canonical/failure.ts'

/** Lower-case names; several values of one name joined by a comma. */
export type ResponseHeaders = Readonly<Record<string, string>>

/** Hears of one call. After `onEnd`, `onFailure` or `cancel` nothing more is told. */
export type CallHandler = {
  readonly onHead: (status: number, headers: ResponseHeaders) => void
  readonly onData: (bytes: Uint8Array) => void
  readonly onEnd: () => void
  /** The connection failed; an HTTP error status is no failure here. */
  readonly onFailure: (failure: Failure) => void
}
