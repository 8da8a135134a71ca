import type { ClientsBook } from './clients-file.ts'
import type { PriceBook } from './price-file.ts'
import type { Report } from './report.ts'
import type { SecretSources } from './secrets.ts'

/** What the blocks of a file are put together with. */
export type BuildContext = {
  readonly file: string
  readonly report: Report
  readonly sources: SecretSources
  /** An unset secret that is used is an error. */
  readonly strict: boolean
  readonly digest: () => string
  readonly filledDigest: () => string
  readonly files: readonly string[]
  /** The file of `prices`, where there is one that can be read. */
  readonly prices: PriceBook | undefined
  /** The file of clients, where there is one that can be read. */
  readonly clientsFile: ClientsBook | undefined
  readonly nowMs: number
  /** How many share what `limits` allows. */
  readonly processes: number
}
