import { dirname, resolve } from 'node:path'
import { Value } from 'typebox/value'
import { LineCounter, parseDocument } from 'yaml'
import type { Price } from '#canonical/plan.ts'
import { compact } from '#lib/json.ts'
import { locator } from './place.ts'
import { priceOf } from './price-of.ts'
import type { Problem } from './problem.ts'
import { type Report, reportTo } from './report.ts'
import { PriceFile } from './schema/prices.ts'
import type { SecretSources } from './secrets.ts'
import { fits } from './validate.ts'

/** What a price file says of a target. */
export type ListedPrice = { readonly price: Price; readonly context?: number }

/** A price file as it was read. */
export type PriceBook = {
  readonly path: string
  /** As it stands in the file, to tell versions apart. */
  readonly text: string
  /** By `provider/model`, in which a `*` stands for any characters. */
  readonly listed: ReadonlyMap<string, ListedPrice>
}

export type PriceFileContext = {
  /** The routing file, which the path may be relative to. */
  readonly routingFile: string
  readonly sources: SecretSources
  readonly problems: Problem[]
  /** Reports at places of the routing file. */
  readonly report: Report
}

/** Reads the file that `prices.file` names; its problems are told with their places in it. Undefined when it cannot be read. */
export function readPriceFile(file: string, { routingFile, sources, problems, report }: PriceFileContext): PriceBook | undefined {
  const path = resolve(dirname(routingFile), file)
  let text: string
  try {
    text = sources.readFile(path)
  } catch (error) {
    report(['prices', 'file'], `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const reportThere = reportTo(
    problems,
    file,
    locator(() => ({ document, lines })),
  )
  for (const { message } of document.errors) reportThere([], `not valid YAML: ${message}`)
  if (document.errors.length > 0) return undefined
  const data: unknown = document.toJS()
  if (!fits(PriceFile, data, reportThere)) return undefined
  const listed = Object.entries(Value.Decode(PriceFile, data)).map(
    ([name, { context, ...entry }]) => [name, compact({ price: priceOf(entry, [name], reportThere), context })] as const,
  )
  return { path, text, listed: new Map(listed) }
}
