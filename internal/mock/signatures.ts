import type { DialectName, Message, Opaque, Part, Request } from '#canonical/request.ts'
import { asObject, asString } from '#lib/json.ts'

/** Of dialects whose vendor signs what it thinks; others count as OpenAI's. */
const vendorOf: Partial<Readonly<Record<DialectName, string>>> = { anthropic: 'anthropic', gemini: 'gemini' }

/** The data that proves to the vendor that reasoning is its own; it names the mock, so that a test sees where it went. */
export function signatureOf(dialect: DialectName, provider: string, number: number): Opaque {
  const data = Buffer.from(`${wordsOf(provider)} ${number}`).toString('base64')
  return { vendor: vendorOf[dialect] ?? 'openai', kind: dialect === 'openai-responses' ? 'encrypted' : 'signature', data }
}

function wordsOf(provider: string): string {
  return `mock signature of ${provider}`
}

/**
 * Why the vendor refuses what the request says of its own earlier turns, in its words; undefined when it takes it. All refuse
 * data that they did not make. Anthropic wants the thoughts of a tool loop back while it thinks by a budget; Gemini wants the
 * first call of each step of the current turn signed.
 */
export function whyUnsigned(request: Request, provider: string): string | undefined {
  const turns = request.messages.filter(({ role }) => role === 'assistant')
  if (turns.some(({ parts }) => parts.some((part) => isForeign(part, provider))))
    return foreign[request.dialect] ?? 'The reasoning was not made here.'
  switch (request.dialect) {
    case 'anthropic':
      return lacksThoughts(request) ? missingThoughts : undefined
    case 'gemini':
      return currentTurn(request).some(lacksSignature) ? missingSignature : undefined
    default:
      return undefined
  }
}

/** Google's own word for a call that has no signature. */
const noSignature = 'skip_thought_signature_validator'

const foreign: Partial<Readonly<Record<DialectName, string>>> = {
  anthropic: 'messages: Invalid `signature` in `thinking` block',
  gemini: 'Thought signature is not valid.',
  'openai-responses': 'The encrypted content could not be verified.',
}
const missingThoughts =
  'messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.'
const missingSignature = 'Function call is missing a thought_signature in functionCall parts.'

function isForeign({ opaque = [] }: Part, provider: string): boolean {
  return opaque.some(({ data }) => data !== noSignature && !isOwn(data, provider))
}

function isOwn(data: unknown, provider: string): boolean {
  return Buffer.from(asString(data) ?? '', 'base64')
    .toString('utf8')
    .startsWith(`${wordsOf(provider)} `)
}

function lacksThoughts({ messages, raw }: Request): boolean {
  if (asObject(raw['thinking'])['type'] !== 'enabled' || messages.at(-1)?.role !== 'tool') return false
  const [first] = messages.findLast(({ role }) => role === 'assistant')?.parts ?? []
  return first?.kind !== 'reasoning'
}

function currentTurn({ messages }: Request): readonly Message[] {
  const asked = messages.findLastIndex(({ role }) => role === 'user')
  return messages.slice(asked + 1).filter(({ role }) => role === 'assistant')
}

function lacksSignature({ parts }: Message): boolean {
  const call = parts.find(({ kind }) => kind === 'tool_call')
  return call !== undefined && call.opaque === undefined
}
