import { parseJson } from '#lib/json.ts'

/** The five things that must survive, whatever dialects lie between: read from a recording, and again through an SDK. */
export type Reading = {
  readonly choices: readonly ReadChoice[]
  readonly usage: ReadUsage | undefined
}

export type ReadChoice = {
  readonly text: string
  /** A refusal in words; dialects without a place for it show it as text. */
  readonly refusal?: string
  readonly calls: readonly ReadCall[]
  /** In OpenAI Chat's words. */
  readonly finish: string
}

export type ReadCall = { readonly name: string; readonly args: string }

/** Totals: `input` with everything read, `output` with reasoning. */
export type ReadUsage = {
  readonly input: number
  readonly output: number
  /** What the provider calls them, where it leaves something out: bytes that pass say that, translations say the sum. */
  readonly told?: { readonly input: number; readonly output: number }
}

/** Why a recording has nothing to compare: it is no answer, or it holds more than function tools. */
export type Unusable = { readonly unusable: string }

/** What differs, as one line each; empty when the readings are equal. `candidates`: how many the client's dialect has a place for. */
export function differences(whole: Reading, read: Reading, candidates = Number.POSITIVE_INFINITY): readonly string[] {
  const found: string[] = []
  const expected: Reading = { ...whole, choices: whole.choices.slice(0, candidates) }
  if (expected.choices.length !== read.choices.length)
    found.push(`${expected.choices.length} choices expected, ${read.choices.length} read`)
  for (const [index, choice] of expected.choices.entries()) {
    const other = read.choices[index]
    if (other !== undefined) found.push(...choiceDifferences(choice, other))
  }
  const { usage } = expected
  if (usage !== undefined && !sameUsage(usage, read.usage) && !(usage.told !== undefined && sameUsage(usage.told, read.usage))) {
    found.push(`tokens: ${usage.input} + ${usage.output} expected, ${read.usage?.input} + ${read.usage?.output} read`)
  }
  return found
}

function sameUsage(expected: { readonly input: number; readonly output: number }, read: ReadUsage | undefined): boolean {
  return expected.input === read?.input && expected.output === read.output
}

function choiceDifferences(expected: ReadChoice, read: ReadChoice): readonly string[] {
  const found: string[] = []
  const refused = (expected.refusal ?? '') !== '' && read.text === expected.text + expected.refusal
  if (expected.text !== read.text && !refused) found.push(`text: ${clip(expected.text)} expected, ${clip(read.text)} read`)
  if (expected.calls.length !== read.calls.length)
    found.push(`${expected.calls.length} tool calls expected, ${read.calls.length} read`)
  for (const [index, call] of expected.calls.entries()) {
    const other = read.calls[index]
    if (other === undefined) continue
    if (call.name !== other.name) found.push(`tool call ${index}: name ${call.name} expected, ${other.name} read`)
    if (!sameJson(call.args, other.args))
      found.push(`tool call ${index}: arguments ${clip(call.args)} expected, ${clip(other.args)} read`)
  }
  const sameFinish =
    finishOf(expected) === finishOf(read) || ((expected.refusal ?? '') !== '' && read.finish === 'content_filter')
  if (!sameFinish) found.push(`finish: ${finishOf(expected)} expected, ${finishOf(read)} read`)
  return found
}

/** Some servers say `stop` beside tool calls: what was called is what counts. */
function finishOf(choice: ReadChoice): string {
  // The word of the API before tools.
  if (choice.finish === 'function_call') return 'tool_calls'
  return choice.finish === 'stop' && choice.calls.length > 0 ? 'tool_calls' : choice.finish
}

function sameJson(left: string, right: string): boolean {
  if (left === right) return true
  const [a, b] = [parseJson(left === '' ? '{}' : left), parseJson(right === '' ? '{}' : right)]
  // Arguments that were cut at the limit have no form as an object.
  if (!a.ok) return b.ok && canonical(b.value) === '{}'
  return b.ok && canonical(a.value) === canonical(b.value)
}

/** JSON text with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
}

function clip(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…(${text.length})` : text)
}
