/** Why a breaker opened, as data for the log and `/status`. */
export type TripReason =
  | { readonly kind: 'consecutive_errors'; readonly count: number }
  | { readonly kind: 'error_rate'; readonly ratio: number; readonly requests: number }
  /** The trial in the half-open state failed. */
  | { readonly kind: 'trial_failed' }
  /** Errors came back while traffic returned in steps. */
  | { readonly kind: 'return_aborted'; readonly share: number }
