import type { Failure } from '#canonical/failure.ts'
import type { Json, ProviderDialectName } from '#canonical/request.ts'
import type { ModelTraits, Quirks } from '#dialect/quirks.ts'
import type { Result } from '#lib/result.ts'

/** How a request proves who we are. */
export type HeaderAuth = {
  readonly kind: 'header'
  /** Lower-case. */
  readonly header: string
  /** Stands before the key, with a space. */
  readonly scheme?: string
  /** Whether a key is rather a token, which goes as `authorization: Bearer`. Default: none is. */
  readonly bearer?: (key: string) => boolean
}

/** A request about to be sent, as far as a signature covers it. */
export type Outgoing = {
  readonly method: string
  /** Whole, with path and query as they will be sent. */
  readonly url: URL
  /** Lower-case names; without `host`. */
  readonly headers: Readonly<Record<string, string>>
  /** A large one in pieces. */
  readonly body: string | Uint8Array | readonly Uint8Array[] | undefined
}

/** Header names (lower-case) and values that prove who we are. */
export type AuthHeaders = Readonly<Record<string, string>>

/**
 * Works out how each request of one configured provider proves who we are, where the key alone does not: it fetches tokens
 * or signs. It keeps what it has fetched.
 */
export type Authenticator = {
  /**
   * Asked once per attempt. `key` is the routing file's, when it has one. The failure is `auth` when the credentials are refused
   * or wrong, and `network` or `timeout` when who gives tokens cannot be reached: that is no reason to let the key rest.
   */
  readonly headers: (request: Outgoing, key: string | undefined) => Promise<Result<AuthHeaders, Failure>>
  /** The provider answered 401 or 403: what was fetched for this key is not used again. */
  readonly refused: (key: string | undefined) => void
}

/** Proof that must be worked out: a token that is fetched, a signature over the request. */
export type ComputedAuth = {
  readonly kind: 'computed'
  /** Makes what works it out for one entry of the routing file. Does nothing yet: tokens are fetched when they are first wanted. */
  readonly open: (options: ProviderOptions) => Authenticator
}

/** A value that must not be shown. */
export type Hidden = { readonly reveal: () => string }

/** Fields of a provider's entry in the routing file that only some types have; described in the schema. */
export type ProviderOptions = {
  readonly project?: string
  readonly location?: string
  readonly region?: string
  readonly access_key_id?: string
  readonly secret_access_key?: Hidden
  readonly session_token?: Hidden
}

export type ProviderOption = keyof ProviderOptions

/** What is wrong with an entry: of the field, when one is at fault. */
export type OptionProblem = { readonly message: string; readonly field?: ProviderOption | 'api_key'; readonly hint?: string }

/** A request as its dialect wrote it. */
export type Written = { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Json }

/** What an address depends on. */
export type Place = { readonly model: string; readonly stream: boolean; readonly options: ProviderOptions }

/** What an error answer says, for a provider that knows its vendor's habits better than the dialect does. */
export type ErrorFacts = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** A vendor, as data. A new one is a file here and a line in `registry.ts`. */
export type Provider = {
  /** The word of `type` in the routing file. */
  readonly type: string
  /** As the vendor writes it, for the docs. */
  readonly title: string
  /** What the vendor's own SDK takes; undefined when there is no common one and the routing file must give it. */
  readonly baseUrl?: string
  /** The base URL where it depends on the entry's own fields; `baseUrl` then shows its form. Undefined when they lack something. */
  readonly baseUrlOf?: (options: ProviderOptions) => string | undefined
  readonly auth: HeaderAuth | ComputedAuth
  /** The fields of an entry that it takes beyond those of all types. Default: none. */
  readonly options?: readonly ProviderOption[]
  /** Adds what an entry leaves out and its keys tell. */
  readonly fillOptions?: (options: ProviderOptions, keys: readonly string[]) => ProviderOptions
  /** What is wrong with an entry. `keys` are its keys as far as they are known; an unset secret is empty. */
  readonly checkOptions?: (options: ProviderOptions, keys: readonly string[]) => readonly OptionProblem[]
  /** Moves a request to where this vendor wants it, when path or body depend on more than the dialect. */
  readonly address?: (written: Written, place: Place) => Written
  /** Whether it runs without a key (a local server). Default false. */
  readonly keyOptional?: boolean
  /** The environment variable in which the vendor's SDK looks for the key. */
  readonly keyFrom?: string
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** The dialect spoken for a model. `api` is the routing file's `api:` of the provider. */
  readonly dialectOf: (model: string, api: string | undefined) => ProviderDialectName
  /** The values that `api:` may have; none when left out. */
  readonly apis?: readonly string[]
  readonly quirksOf: (model: string) => Quirks
  readonly traitsOf: (model: string) => ModelTraits
  /** A cheap request that shows whether the provider answers. Below the base URL. */
  readonly probe: { readonly method: 'GET'; readonly path: string }
  /** The vendor's status page as JSON, in the form of Atlassian Statuspage (`status.indicator`); absent where there is none. */
  readonly statusUrl?: string
  /** Corrects the dialect's reading of an error. */
  readonly refineFailure?: (failure: Failure, facts: ErrorFacts) => Failure
  /** Where the facts come from. */
  readonly source: string
}
