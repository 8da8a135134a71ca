import type { Failure } from '#canonical/failure.ts'
import type { DialectName } from '#canonical/request.ts'
import type { ModelTraits, Quirks } from '#dialect/quirks.ts'

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
  readonly auth: HeaderAuth
  /** Whether it runs without a key (a local server). Default false. */
  readonly keyOptional?: boolean
  /** The environment variable in which the vendor's SDK looks for the key. */
  readonly keyFrom?: string
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** The dialect spoken for a model. `api` is the routing file's `api:` of the provider. */
  readonly dialectOf: (model: string, api: string | undefined) => DialectName
  /** The values that `api:` may have; none when left out. */
  readonly apis?: readonly string[]
  readonly quirksOf: (model: string) => Quirks
  readonly traitsOf: (model: string) => ModelTraits
  /** A cheap request that shows whether the provider answers. Below the base URL. */
  readonly probe: { readonly method: 'GET'; readonly path: string }
  /** Corrects the dialect's reading of an error. */
  readonly refineFailure?: (failure: Failure, facts: ErrorFacts) => Failure
  /** Where the facts come from. */
  readonly source: string
}
