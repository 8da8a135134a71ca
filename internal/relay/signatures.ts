import { LRUCache } from 'lru-cache'
import type { AnswerPart } from '#canonical/answer.ts'
import type { Message, Opaque, Part, ReasoningPart, Request } from '#canonical/request.ts'
import { callsOf, turnKeys } from './turn-keys.ts'

/**
 * Keeps what vendors sign or encrypt of a model's reasoning and want back in the next turn, for conversations whose client
 * cannot carry it: a client of another dialect that drops the fields it does not know. It is put back when the conversation
 * returns to where it came from, and to nobody else.
 */
export type SignatureVault = {
  /** Keeps what belongs to an answer that a request got. */
  readonly remember: (request: Request, answer: readonly AnswerPart[], source: SignatureSource) => void
  /** The request with what is missing in its earlier turns; the same request when nothing is. */
  readonly restore: (request: Request, source: SignatureSource) => Request
}

/** Who signed, or is to be asked. */
export type SignatureSource = {
  /** The provider's name in the routing file: two accounts of one vendor may not read each other's data. */
  readonly provider: string
  readonly model: string
  /** Whose data this provider takes. */
  readonly vendor: string
  /** Whether reasoning that nobody signed is wanted back too. */
  readonly wantsReasoning: boolean
  /** The client, where clients are told apart: nobody gets what belongs to another. */
  readonly client: string
}

/** What belongs to one turn. */
type Kept = {
  readonly origin: string
  readonly reasoning: readonly KeptReasoning[]
  /** In the order of the turn's calls. */
  readonly calls: readonly { readonly id: string; readonly opaque: readonly Opaque[] }[]
  readonly text: readonly Opaque[]
}

/** `before`: the number of the call that it stood before; the turn's text comes before all calls. */
type KeptReasoning = { readonly part: ReasoningPart; readonly before: number | 'text' | 'end' }

export type VaultLimits = {
  /** For all conversations together. */
  readonly maxBytes: number
  /** Since a turn was last seen. */
  readonly ttlMs: number
}

// Agents work for hours; what a long one needs is some hundred kilobytes.
const usualLimits: VaultLimits = { maxBytes: 64 * 1024 * 1024, ttlMs: 6 * 3_600_000 }

/** @param nowMs monotonic milliseconds */
export function createSignatureVault(nowMs: () => number, { maxBytes, ttlMs }: VaultLimits = usualLimits): SignatureVault {
  const origins = new Map<string, number>()
  const count = (origin: string, change: 1 | -1): void => {
    const next = (origins.get(origin) ?? 0) + change
    if (next === 0) origins.delete(origin)
    else origins.set(origin, next)
  }
  const turns = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes / 16),
    sizeCalculation: sizeOf,
    ttl: ttlMs,
    updateAgeOnGet: true,
    ttlResolution: 0,
    perf: { now: nowMs },
    onInsert: ({ origin }, _key, reason) => (reason === 'update' ? undefined : count(origin, 1)),
    dispose: ({ origin }) => count(origin, -1),
  })
  return {
    remember(request, answer, source) {
      const kept = keptOf(answer, source)
      if (kept === undefined) return
      const messages: readonly Message[] = [...request.messages, { role: 'assistant', parts: answer.flatMap(asSaid) }]
      for (const key of turnKeys(messages, source.client).get(messages.length - 1) ?? []) turns.set(key, kept)
    },
    restore(request, source) {
      const origin = originOf(source)
      // Most requests end here: hashing a long conversation costs more than the rest of the way.
      if (!origins.has(origin) || !request.messages.some(({ role }) => role === 'assistant')) return request
      const keys = turnKeys(request.messages, source.client)
      let changed = false
      const messages = request.messages.map((message, index) => {
        const kept = keys
          .get(index)
          ?.map((key) => turns.get(key))
          .find((found) => found?.origin === origin)
        const restored = kept === undefined ? message : restoreTurn(message, kept, source.vendor)
        changed ||= restored !== message
        return restored
      })
      return changed ? { ...request, messages } : request
    },
  }
}

/** Provider and model family: signatures are read by the models of one generation. */
function originOf({ provider, model }: SignatureSource): string {
  return `${provider} ${familyOf(model)}`
}

/** `claude-opus-5-5` → `claude-opus-5`, `vendor/gpt-5.6-mini` → `gpt-5`: the name up to its first number. */
export function familyOf(model: string): string {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return /^\D*\d+/.exec(name)?.[0] ?? name
}

function keptOf(answer: readonly AnswerPart[], source: SignatureSource): Kept | undefined {
  const reasoning: KeptReasoning[] = []
  const calls: Kept['calls'][number][] = []
  let text: readonly Opaque[] = []
  for (const [index, part] of answer.entries()) {
    if (part.kind === 'reasoning') reasoning.push({ part, before: placeOf(answer, index, calls.length) })
    else if (part.kind === 'tool_call') calls.push({ id: part.id, opaque: part.opaque ?? [] })
    else if (part.kind === 'text') text = part.opaque ?? text
  }
  // A turn without words cannot be known again.
  if (!answer.some((part) => part.kind === 'tool_call' || (part.kind === 'text' && part.text !== ''))) return undefined
  const signed = text.length > 0 || [...reasoning.map(({ part }) => part), ...calls].some(({ opaque = [] }) => opaque.length > 0)
  const wanted = source.wantsReasoning && calls.length > 0 && reasoning.length > 0
  return signed || wanted ? { origin: originOf(source), reasoning, calls, text } : undefined
}

function placeOf(answer: readonly AnswerPart[], index: number, call: number): KeptReasoning['before'] {
  const next = answer.slice(index + 1).find(({ kind }) => kind === 'text' || kind === 'tool_call')
  return next === undefined ? 'end' : next.kind === 'text' ? 'text' : call
}

/** The answer's part as its client will send it back. */
function asSaid(part: AnswerPart): readonly Part[] {
  return part.kind === 'text' || part.kind === 'tool_call' ? [part] : []
}

function restoreTurn(message: Message, kept: Kept, vendor: string): Message {
  const calls = callsOf(message)
  const signed = message.parts.map((part) => restorePart(part, { kept, vendor, calls, parts: message.parts }))
  const parts = lacksReasoning(message, kept, vendor) ? withReasoning(signed, kept) : signed
  return parts.every((part, index) => part === message.parts[index]) && parts.length === message.parts.length
    ? message
    : { ...message, parts }
}

type Turn = {
  readonly kept: Kept
  readonly vendor: string
  readonly calls: readonly Part[]
  readonly parts: readonly Part[]
}

function restorePart(part: Part, { kept, vendor, calls, parts }: Turn): Part {
  if (part.kind !== 'tool_call' && part.kind !== 'text') return part
  const isLastText = part.kind === 'text' && part === parts.findLast(({ kind }) => kind === 'text')
  const own = part.kind === 'tool_call' ? opaqueOfCall(part.id, calls.indexOf(part), kept) : isLastText ? kept.text : []
  if (own.length === 0 || isSigned(part, vendor)) return part
  return { ...part, opaque: [...(part.opaque ?? []), ...own] }
}

/** By its id; by its place for a client that made up ids of its own. */
function opaqueOfCall(id: string, place: number, { calls }: Kept): readonly Opaque[] {
  const found = calls.find((call) => call.id === id) ?? calls[place]
  return found?.opaque ?? []
}

function isSigned({ opaque }: Part, vendor: string): boolean {
  return opaque?.some((entry) => entry.vendor === vendor) === true
}

/** Half of a turn that a client has cut in two gets none: the reasoning belongs to the half that its first call is in. */
function lacksReasoning(message: Message, { reasoning, calls }: Kept, vendor: string): boolean {
  if (reasoning.length === 0) return false
  const own = callsOf(message)
  if (own.length > 0 && own.length < calls.length && own[0]?.id !== calls[0]?.id) return false
  const there = message.parts.filter((part) => part.kind === 'reasoning')
  const unsigned = reasoning.every(({ part }) => part.opaque === undefined || part.opaque.length === 0)
  return !there.some((part) => isSigned(part, vendor) || (unsigned && part.text !== ''))
}

/** With the reasoning as the provider wrote it, at its place; what the client has of it goes: a signature is for the very text. */
function withReasoning(given: readonly Part[], { reasoning }: Kept): readonly Part[] {
  const parts: Part[] = []
  let left = reasoning
  let call = 0
  const put = (fits: (before: KeptReasoning['before']) => boolean): void => {
    parts.push(...left.filter(({ before }) => fits(before)).map(({ part }) => part))
    left = left.filter(({ before }) => !fits(before))
  }
  for (const part of given) {
    if (part.kind === 'reasoning') continue
    if (part.kind === 'text') put((before) => before === 'text')
    if (part.kind === 'tool_call') {
      put((before) => before === 'text' || before === call)
      call++
    }
    parts.push(part)
  }
  put(() => true)
  return parts
}

/** About what an entry takes in memory: its texts, two bytes a character, and the objects around them. */
function sizeOf({ reasoning, calls, text }: Kept): number {
  const parts = [...reasoning.map(({ part }) => part), ...calls, { opaque: text }]
  return parts.reduce((sum, part) => sum + 200 + 2 * (('text' in part ? part.text.length : 0) + lengthOf(part.opaque)), 500)
}

function lengthOf(opaque: readonly Opaque[] = []): number {
  return opaque.reduce((sum, { data }) => sum + (typeof data === 'string' ? data.length : JSON.stringify(data).length), 0)
}
