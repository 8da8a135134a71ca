import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import { lazy } from '#lib/lazy.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { buildConfig } from './build.ts'
import { readClientsFile } from './clients-file.ts'
import type { Config } from './config.ts'
import { fillData } from './fill-data.ts'
import { findCycle } from './find-cycle.ts'
import { locator, type Parsed } from './place.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { readPriceFile } from './price-file.ts'
import type { Problem } from './problem.ts'
import { type Report, reportTo } from './report.ts'
import { processSources, type SecretSources } from './secrets.ts'
import { validate } from './validate.ts'

export type LoadOptions = {
  /** How the file is named in problems. */
  readonly path: string
  readonly sources?: SecretSources
  /** An unset secret that is used is an error, not a warning. Default false. */
  readonly strict?: boolean
  readonly nowMs?: number
  /** Taken in place of what these files hold now: what another process has read. Secrets follow their files all the same. */
  readonly texts?: FileTexts | undefined
  /** Processes with the same one find the same digests. Default: of this process alone. */
  readonly salt?: string | undefined
  /** How many share what `limits` allows. Default 1. */
  readonly processes?: number | undefined
  /** What was loaded last: given again while all that it was made of is as it was. */
  readonly before?: Loaded | undefined
}

/** What files held when they were read, by path. */
export type FileTexts = readonly (readonly [path: string, text: string])[]

/** A configuration, with what is not wrong enough to refuse it. */
export type Loaded = {
  readonly config: Config
  readonly warnings: readonly Problem[]
  /** What it was made of, secrets left aside: the same configuration can be made of it again. */
  readonly texts: FileTexts
  /** Files that it was to be made of and that could not be read. */
  readonly missing: readonly string[]
}

/** Reads a routing file; every problem of it is given at once. */
export function loadFile(options: LoadOptions): Result<Loaded, readonly Problem[]> {
  try {
    const { before } = options
    if (before !== undefined && options.texts === undefined && isAsItWas(before, options)) return ok(before)
    const given = options.texts?.find(([path]) => path === options.path)?.[1]
    return loadText(given ?? readFileSync(options.path, 'utf8'), options)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const hint = '`outrigger init` writes one from the API keys in the environment, `outrigger demo` needs none, -c names another'
    return err([{ file: options.path, line: 1, column: 1, message: `the file cannot be read: ${why}`, hint, severity: 'error' }])
  }
}

/** A change is often told twice, by a signal and by the file itself. */
function isAsItWas({ texts, missing }: Loaded, { path: routingFile, sources = processSources }: LoadOptions): boolean {
  const read = (path: string): string | undefined => {
    try {
      return path === routingFile ? readFileSync(path, 'utf8') : sources.readFile(path)
    } catch {
      return undefined
    }
  }
  return texts.every(([path, text]) => read(path) === text) && missing.every((path) => read(path) === undefined)
}

/** Text of a routing file → the configuration it describes. */
export function loadText(text: string, options: LoadOptions): Result<Loaded, readonly Problem[]> {
  const parsed = lazy(() => parse(text))
  const plain = readPlainYaml(text)
  const read = plain === undefined ? readData(parsed(), options.path) : ok(plain)
  if (!read.ok) return read

  const problems: Problem[] = []
  const { path: file, sources = processSources, strict = false, nowMs = Date.now() } = options
  const texts = new Map([[file, text]])
  const missing = new Set<string>()
  const recorded = recordTo({ texts, missing }, sources, options.texts)
  const locate = locator(parsed)
  const report = reportTo(problems, file, locate)
  const filled = fillData(read.value, { sources: recorded, locate, report, strict })
  const valid = validate(filled.data, report)
  const { mended } = valid.ok ? { mended: undefined } : valid.error
  const data = valid.ok ? valid.value : mended?.filled
  if (data === undefined) return err(inOrder(problems))
  // What cannot be told apart from what follows of a mistake that was told is told when that is mended.
  const told: Report =
    mended === undefined
      ? report
      : (path, message, options) => (options?.certain !== true && mended.isAside(path)) || report(path, message, options)
  const beside = { routingFile: file, sources: recorded, problems, report: told }
  const { prices: { file: priceFile } = {}, clients_file: clientsFileName } = data
  const prices = priceFile === undefined ? undefined : readPriceFile(priceFile, beside)
  const clientsFile = clientsFileName === undefined ? undefined : readClientsFile(clientsFileName, beside)
  const config = buildConfig(data, {
    file,
    report: told,
    sources,
    strict,
    digest: lazy(() => digestOf(text)),
    filledDigest: lazy(() => digestOf(options.salt ?? ownSalt(), ...filled.values, prices?.text ?? '', clientsFile?.text ?? '')),
    files: [...filled.files, ...[prices, clientsFile].flatMap((book) => book?.path ?? [])],
    prices,
    clientsFile,
    nowMs,
    processes: options.processes ?? 1,
  })
  const found = inOrder(problems)
  return problems.some(({ severity }) => severity === 'error')
    ? err(found)
    : ok({ config, warnings: found, texts: [...texts], missing: [...missing] })
}

function parse(text: string): Parsed {
  const lines = new LineCounter()
  return { document: parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false }), lines }
}

/** The document as plain data; what YAML itself finds wrong is told alone, because the rest would follow from it. */
function readData({ document, lines }: Parsed, file: string): Result<unknown, readonly Problem[]> {
  const problem = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col, message, severity: 'error' }
  }
  if (document.errors.length > 0) {
    return err(document.errors.map(({ pos, message }) => problem(pos[0], `not valid YAML: ${message}`)))
  }
  const cycle = findCycle(document)
  if (cycle !== undefined)
    return err([problem(cycle.offset, `*${cycle.alias} stands within &${cycle.alias}: it would hold itself`)])
  try {
    const data: unknown = document.toJS()
    // A save that truncates first is seen as an empty file for a moment.
    return data === null || data === undefined ? err([problem(0, 'the file is empty')]) : ok(data)
  } catch (error) {
    // An alias without its anchor, or aliases that multiply beyond all measure.
    return err([problem(0, `not valid YAML: ${error instanceof Error ? error.message : String(error)}`)])
  }
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

// What was filled in may be a key: its digest must not tell it to who can guess.
const ownSalt = lazy(newSalt)

/** Keeps digests from being guessed by whoever does not know it. */
export function newSalt(): string {
  return randomBytes(16).toString('hex')
}

type ReadFiles = { readonly texts: Map<string, string>; readonly missing: Set<string> }

/** Reads what is given, else the files, and keeps what was read, and what could not be. */
function recordTo({ texts, missing }: ReadFiles, sources: SecretSources, given: FileTexts | undefined): SecretSources {
  const known = new Map(given)
  return {
    env: sources.env,
    readFile(path) {
      missing.add(path)
      const text = known.get(path) ?? sources.readFile(path)
      missing.delete(path)
      texts.set(path, text)
      return text
    },
  }
}

function digestOf(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:`).update(text)
  return hash.digest('hex').slice(0, 16)
}
