import type { Bench } from './bench.ts'
import type { Table } from './table.ts'

/** A part of the benchmark that can be run for itself. */
export type Section = {
  /** What `--only` calls it. */
  readonly name: string
  readonly title: string
  /** What the figures mean: it stands on the page above them. */
  readonly about: string
  readonly play: (bench: Bench) => Promise<Outcome>
}

export type Outcome = {
  readonly tables: readonly Table[]
  /** What the figures do not say: who was left out and why, what was seen besides. */
  readonly notes: readonly string[]
  /** What later runs are held against, by name; smaller is better. Ratios only: they travel between machines. */
  readonly ratios: Readonly<Record<string, number>>
}
