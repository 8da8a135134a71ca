/** Why a request is not let in at all. */
export type Stranger = {
  readonly code:
    | 'missing_api_key'
    | 'invalid_api_key'
    | 'api_key_expired'
    | 'invalid_token'
    | 'token_expired'
    | 'token_not_allowed'
    | 'token_keys_unavailable'
  readonly message: string
  /** Left out: 401. */
  readonly kind?: 'permission' | 'overloaded'
}
