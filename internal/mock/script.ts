import type { Answer, AnswerPart, Candidate, Finish, Usage } from '#canonical/answer.ts'
import type { Message, Part, Request, Tool } from '#canonical/request.ts'
import { textOf, tokensOf, wordsOf } from './counting.ts'
import { sampleOf } from './sample.ts'
import { signatureOf } from './signatures.ts'

/** Who answers, and what it may not make up itself. */
export type Persona = {
  /** The mock provider's name. */
  readonly provider: string
  /** Counts the answers: ids are made from it. */
  readonly number: number
  /** Seconds since the epoch. */
  readonly nowSeconds: number
}

const maxCandidates = 8
const maxWords = 50_000

/**
 * What the mock answers: the same request to the same persona always gets the same words.
 * It speaks a sentence with its name, calls tools, quotes their results, thinks when asked to, fills a JSON schema, keeps
 * the output limit and stop sequences, and goes on with a text that another answer was cut off in.
 */
export function answerTo(request: Request, persona: Persona): Answer {
  const count = Math.min(Math.max(request.params.candidates ?? 1, 1), maxCandidates)
  const candidates = Array.from({ length: count }, (_, index) => candidateOf(request, persona, index))
  return {
    id: `mock${persona.number.toString(16).padStart(12, '0')}`,
    model: request.model,
    created: persona.nowSeconds,
    candidates: candidates.map(({ candidate }) => candidate),
    usage: usageOf(request, candidates),
  }
}

type Spoken = { readonly candidate: Candidate; readonly output: number; readonly reasoning: number }

function usageOf(request: Request, spoken: readonly Spoken[]): Usage {
  const sum = (pick: (one: Spoken) => number): number => spoken.reduce((total, one) => total + pick(one), 0)
  return {
    input: tokensOf(request.messages),
    output: sum((one) => one.output),
    cacheRead: 0,
    cacheWrite: 0,
    reasoning: sum((one) => one.reasoning),
  }
}

function candidateOf(request: Request, persona: Persona, index: number): Spoken {
  const wanted = contentOf(request, persona, index)
  const { parts, finish, output } = limit(wanted, request)
  const first = parts[0]
  const reasoning = first?.kind === 'reasoning' ? wordsOf(first.text).length : 0
  return { candidate: { index, parts, finish }, output, reasoning }
}

/** Everything the mock would say if there were no limit. */
function contentOf(request: Request, persona: Persona, index: number): readonly AnswerPart[] {
  const calls = callsOf(request, persona, index)
  const thoughts = thoughtsOf(request, persona)
  if (calls.length > 0) return [...thoughts, ...calls]
  return [...thoughts, { kind: 'text', text: textFor(request, persona, index) }]
}

function thoughtsOf(request: Request, persona: Persona): readonly AnswerPart[] {
  const asked = request.reasoning
  if (asked === undefined || asked.effort === 'none' || asked.budgetTokens === 0) return []
  const text = `Someone talks to ${persona.provider}. A short answer will do.`
  return [{ kind: 'reasoning', text, opaque: [signatureOf(request.dialect, persona.provider, persona.number)] }]
}

/** The tools that are called now: none after a result, one when it is required or asked for, two when two are asked for. */
function callsOf(request: Request, persona: Persona, index: number): readonly AnswerPart[] {
  const choice = request.toolChoice
  if (choice?.mode === 'none' || request.messages.at(-1)?.role === 'tool') return []
  const callable = request.tools.filter((tool) => tool.kind !== 'builtin' && (choice?.names?.includes(tool.name) ?? true))
  const said = lastUserText(request)
  const named = callable.filter((tool) => isMeant(tool, said))
  const asked = named.length > 0 || /\b(use|call|try) (a|an|the|your|any|both|two|some) tools?\b/i.test(said)
  if (!(asked || choice?.mode === 'required' || choice?.mode === 'one')) return []
  const tools = named.length > 0 ? named : callable
  const first = tools[0]
  if (first === undefined) return []
  const two = request.parallelTools !== false && choice?.mode !== 'one' && /\b(two|both|parallel|twice)\b/i.test(said)
  const used = two ? [first, tools[1] ?? first] : [first]
  const calls = used.map((tool, number) =>
    callOf(tool, number, `call_${persona.number.toString(16).padStart(10, '0')}${index}${number}`),
  )
  return request.dialect === 'gemini' ? signFirst(calls, persona) : calls
}

/** Gemini signs the first call of an answer, thoughts or not. */
function signFirst(calls: readonly AnswerPart[], { provider, number }: Persona): readonly AnswerPart[] {
  const opaque = [signatureOf('gemini', provider, number)]
  return calls.map((call, at) => (at === 0 && call.kind === 'tool_call' ? { ...call, opaque } : call))
}

// Words of a tool's name that say nothing about what a user wants.
const idleWords = new Set(['find', 'list', 'tool', 'func', 'function', 'make', 'call', 'with', 'from', 'current', 'data'])

/** Whether the text names the tool, or a telling word of its name (`weather` for `get_weather`). */
function isMeant(tool: Tool, said: string): boolean {
  if (tool.kind === 'builtin') return false
  const text = said.toLowerCase()
  const name = tool.name.toLowerCase()
  if (text.includes(name)) return true
  const words = name.split(/[^a-z0-9]+/).filter((word) => word.length >= 4 && !idleWords.has(word))
  return words.some((word) => text.includes(word))
}

function callOf(tool: Tool, variant: number, id: string): AnswerPart {
  if (tool.kind === 'builtin') return { kind: 'text', text: '' }
  if (tool.kind === 'custom')
    return { kind: 'tool_call', id, name: tool.name, args: `input ${variant + 1} for ${tool.name}`, custom: true }
  const args = JSON.stringify(tool.schema === undefined ? {} : sampleOf({ type: 'object', ...tool.schema }, variant))
  return { kind: 'tool_call', id, name: tool.name, args }
}

function textFor(request: Request, persona: Persona, index: number): string {
  const { format, schema } = request.output
  if (format === 'json_schema' && schema !== undefined) return JSON.stringify(sampleOf(schema.schema, index))
  if (format === 'json') return JSON.stringify({ message: greeting(request, persona) })
  const { conversation, said } = beforeTheBreak(request.messages)
  const whole = speech(request, conversation, persona) + (index === 0 ? '' : ` This is answer ${index + 1}.`)
  if (said === undefined) return whole
  const rest = wordsOf(whole).slice(wordsOf(said.trimEnd()).length).join('')
  return /\s$/.test(said) ? rest.trimStart() : rest
}

/**
 * A text to go on with: the conversation ends with an assistant's message, or with one and the wish to continue it.
 * The words that were said are not said again, so a text that two mocks share reads as one.
 */
function beforeTheBreak(messages: readonly Message[]): { readonly conversation: readonly Message[]; readonly said?: string } {
  const last = messages.at(-1)
  const before = messages.at(-2)
  if (last?.role === 'assistant') return { conversation: messages.slice(0, -1), said: plain(last.parts) }
  const wish =
    last?.role === 'user' && before?.role === 'assistant' && /\bcontinue\b.*\b(exactly|where)\b/is.test(plain(last.parts))
  return wish ? { conversation: messages.slice(0, -2), said: plain(before.parts) } : { conversation: messages }
}

function speech(request: Request, conversation: readonly Message[], persona: Persona): string {
  const last = conversation.at(-1)
  if (last?.role === 'tool') return `Hello from ${persona.provider}. The tool said: ${shorten(resultsOf(last), 400)}`
  const said = lastUserTextOf(conversation)
  const length = Number(/\b(\d{1,6}) words\b/i.exec(said)?.[1] ?? 0)
  return length > 0 ? manyWords(Math.min(length, maxWords)) : `${greeting(request, persona)} You said: "${shorten(said, 200)}"`
}

function greeting(request: Request, persona: Persona): string {
  return `Hello from ${persona.provider}, playing ${request.model}.`
}

const vocabulary =
  'the relay carries every word from one side of the river to the other and never loses a letter on its way'.split(' ')

function manyWords(count: number): string {
  return Array.from({ length: count }, (_, index) => vocabulary[index % vocabulary.length]).join(' ')
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`
}

function plain(parts: readonly Part[]): string {
  return parts.map(textOf).join('')
}

function resultsOf(message: Message): string {
  return message.parts.map((part) => (part.kind === 'tool_result' ? plain(part.parts) : textOf(part))).join(' and ')
}

function lastUserText(request: Request): string {
  return lastUserTextOf(request.messages)
}

function lastUserTextOf(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === 'user')
  return last === undefined
    ? ''
    : last.parts
        .map(textOf)
        .filter((text) => text !== '')
        .join(' ')
}

type Limited = { readonly parts: readonly AnswerPart[]; readonly finish: Finish; readonly output: number }

/** Applies stop sequences and the output limit, part by part; a word of text or eight characters of arguments are a token. */
function limit(wanted: readonly AnswerPart[], request: Request): Limited {
  const most = request.params.maxOutput ?? Number.POSITIVE_INFINITY
  const parts: AnswerPart[] = []
  let output = 0
  for (const part of wanted) {
    const stopped = part.kind === 'text' ? stopAt(part.text, request.params.stop ?? []) : undefined
    const whole = stopped === undefined ? part : { ...part, ...{ text: stopped.text } }
    const { part: fitting, tokens, cut } = cutTo(whole, most - output)
    output += tokens
    if (fitting !== undefined) parts.push(fitting)
    if (cut) return { parts, output, finish: { reason: 'length' } }
    if (stopped !== undefined) return { parts, output, finish: { reason: 'stop_sequence', sequence: stopped.sequence } }
  }
  const reason = wanted.some((part) => part.kind === 'tool_call') ? 'tool_calls' : 'stop'
  return { parts, output, finish: { reason } }
}

function stopAt(text: string, sequences: readonly string[]): { readonly text: string; readonly sequence: string } | undefined {
  let first: { text: string; sequence: string } | undefined
  for (const sequence of sequences) {
    const at = sequence === '' ? -1 : text.indexOf(sequence)
    if (at >= 0 && (first === undefined || at < first.text.length)) first = { text: text.slice(0, at), sequence }
  }
  return first
}

type Cut = { readonly part?: AnswerPart; readonly tokens: number; readonly cut: boolean }

function cutTo(part: AnswerPart, left: number): Cut {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal': {
      const words = wordsOf(part.text)
      if (words.length <= left) return { part, tokens: words.length, cut: false }
      return left <= 0
        ? { tokens: 0, cut: true }
        : { part: { ...part, text: words.slice(0, left).join('') }, tokens: left, cut: true }
    }
    case 'tool_call': {
      const tokens = Math.ceil(part.args.length / 8)
      if (tokens <= left) return { part, tokens, cut: false }
      return left <= 0
        ? { tokens: 0, cut: true }
        : { part: { ...part, args: part.args.slice(0, left * 8) }, tokens: left, cut: true }
    }
    default:
      return { part, tokens: 0, cut: false }
  }
}
