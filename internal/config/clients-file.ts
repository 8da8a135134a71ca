import { dirname, resolve } from 'node:path'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { LineCounter, parseDocument } from 'yaml'
import { isObject, parseJson } from '#lib/json.ts'
import { locator } from './place.ts'
import type { Problem } from './problem.ts'
import { type Report, reportTo } from './report.ts'
import { Client, type ClientEntry } from './schema/clients.ts'
import { parseRatio } from './schema/units.ts'
import type { SecretSources } from './secrets.ts'
import { fits } from './validate.ts'

/** A file of clients as it was read. */
export type ClientsBook = {
  readonly path: string
  /** As it stands in the file, to tell versions apart. */
  readonly text: string
  readonly entries: readonly ClientEntry[]
  /** Reports at places of this file; a path begins with the place of the entry in the list. */
  readonly report: Report
}

export type ClientsFileContext = {
  /** The routing file, which the path may be relative to. */
  readonly routingFile: string
  readonly sources: SecretSources
  readonly problems: Problem[]
  /** Reports at places of the routing file. */
  readonly report: Report
}

/** Reads the file that `clients_file` names; its problems are told with their places in it. Undefined when it cannot be read. */
export function readClientsFile(
  file: string,
  { routingFile, sources, problems, report }: ClientsFileContext,
): ClientsBook | undefined {
  const path = resolve(dirname(routingFile), file)
  let text: string
  try {
    text = sources.readFile(path)
  } catch (error) {
    report(['clients_file'], `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  // A save that truncates first is seen as an empty file for a moment; and with no client at all everybody might ask.
  if (text.trim() === '') {
    report(['clients_file'], `${file} is empty`)
    return undefined
  }
  const listed = /\.(jsonl|ndjson)$/.test(file) ? readLines(text, file, problems) : readDocument(text, file, problems)
  if (listed === undefined) return undefined
  const entries: ClientEntry[] = []
  for (const [index, value] of listed.values.entries()) {
    if (isClient(value)) entries.push(decode(value))
    else fits(Client, value, (at, message, options) => listed.report([String(index), ...at], message, options))
  }
  // With a mistake in it the file is refused as a whole: nothing is made of the rest.
  return entries.length === listed.values.length ? { path, text, entries, report: listed.report } : undefined
}

type Written = Static<typeof Client>

let compiled: Pick<ReturnType<typeof Compile>, 'Check'> | undefined

/**
 * There may be thousands: what is compiled checks them fifty times as fast as what tells what is wrong with one. Compiled when
 * there is such a file, since it takes a good part of a start.
 */
function isClient(value: unknown): value is Written {
  compiled ??= Compile(Client)
  return compiled.Check(value)
}

/** As the schema's codecs do, which copy the whole entry several times on the way. */
function decode({ budget, ...entry }: Written): ClientEntry {
  if (budget === undefined) return entry
  return { ...entry, budget: Array.isArray(budget) ? budget.map(decodeBudget) : decodeBudget(budget) }
}

type WrittenBudget = Exclude<NonNullable<Written['budget']>, readonly unknown[]>

function decodeBudget({
  alert_at: at,
  ...budget
}: WrittenBudget): Exclude<NonNullable<ClientEntry['budget']>, readonly unknown[]> {
  return at === undefined ? budget : { ...budget, alert_at: typeof at === 'string' ? parseRatio(at) : at }
}

type Listed = { readonly values: readonly unknown[]; readonly report: Report }

/** One client a line: read ten times as fast as YAML, and written by a program without reading it first. */
function readLines(text: string, file: string, problems: Problem[]): Listed | undefined {
  const lineOf: number[] = []
  const locate = {
    place: ([index = '0']: readonly string[]) => ({ line: lineOf[Number(index)] ?? 1, column: 1 }),
    isPlain: () => false,
  }
  const report = reportTo(problems, file, locate)
  const values: unknown[] = []
  let sound = true
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = parseJson(line)
    lineOf.push(at + 1)
    if (!parsed.ok) {
      // The parser's own message quotes the line, which may hold a key.
      report([String(lineOf.length - 1)], 'not valid JSON')
      sound = false
    }
    values.push(parsed.ok ? parsed.value : undefined)
  }
  return sound ? { values, report } : undefined
}

function readDocument(text: string, file: string, problems: Problem[]): Listed | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const there = reportTo(
    problems,
    file,
    locator(() => ({ document, lines })),
  )
  for (const { message } of document.errors) there([], `not valid YAML: ${message}`)
  if (document.errors.length > 0) return undefined
  const data: unknown = document.toJS()
  const nested = isObject(data) && Object.keys(data).every((key) => key === 'clients')
  const values = nested ? data['clients'] : data
  if (!Array.isArray(values) || values.length === 0) {
    there([], 'the file must be a list of clients, or a mapping with `clients` alone, and not empty')
    return undefined
  }
  return { values, report: nested ? (at, message, options) => there(['clients', ...at], message, options) : there }
}
