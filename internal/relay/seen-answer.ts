import type { AnswerEvent, AnswerPart, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Opaque } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'

/** What the client has been told of an answer so far: enough to continue it elsewhere and to say how it ended. */
export type SeenAnswer = {
  readonly add: (event: AnswerEvent) => void
  readonly clear: () => void
  /** The next attempt counts for itself. */
  readonly forgetUsage: () => void
  /** The provider's id and model, once they came. */
  readonly head: () => { readonly id?: string; readonly model?: string }
  /** Characters of content. */
  readonly length: () => number
  readonly usage: () => Usage | undefined
  readonly finishes: () => readonly Finish[]
  /** Whether there is anything that a caller would call an answer: reasoning alone is not. */
  readonly hasSubstance: () => boolean
  /** The text so far, maybe empty, when one plain text is all that was sent (reasoning before it does not matter). */
  readonly plainText: () => string | undefined
  /** Text, reasoning and calls of the first candidate so far. */
  readonly parts: () => readonly AnswerPart[]
  /** Parts that have begun and not ended. */
  readonly openParts: () => readonly { readonly candidate: number; readonly part: number }[]
  /** Candidates that have begun and not finished. */
  readonly unfinished: () => readonly number[]
  /** The part that is still open and takes more text. */
  readonly openText: () => number | undefined
  /** The number that the next part gets. */
  readonly nextPart: () => number
  /** Events that bring a fresh encoder to the same state. */
  readonly replay: () => readonly AnswerEvent[]
}

type SeenPart = { readonly start: PartStart; text: string; open: boolean; opaque: readonly Opaque[] }

export function trackAnswer(): SeenAnswer {
  let start: Extract<AnswerEvent, { readonly kind: 'start' }> | undefined
  let parts: SeenPart[] = []
  let finishes: { readonly candidate: number; readonly finish: Finish }[] = []
  let usage: Usage | undefined
  let length = 0
  let mediaParts = 0

  const find = (candidate: number, part: number): SeenPart | undefined => findPart(parts, candidate, part)

  return {
    add(event) {
      switch (event.kind) {
        case 'start':
          start = event
          usage = event.usage ?? usage
          return
        case 'part_start':
          parts.push({ start: event, text: '', open: true, opaque: event.opaque ?? [] })
          return
        case 'part_delta':
          length += event.text.length
          appendTo(find(event.candidate, event.part), event.text)
          return
        case 'part_end':
          closePart(find(event.candidate, event.part), event.opaque)
          return
        case 'part_whole':
          mediaParts++
          length++
          return
        case 'usage':
          usage = event.usage
          return
        case 'finish':
          finishes.push(event)
          return
        default:
          return
      }
    },
    clear() {
      start = undefined
      parts = []
      finishes = []
      usage = undefined
      length = 0
      mediaParts = 0
    },
    forgetUsage() {
      usage = undefined
    },
    head: () => (start === undefined ? {} : { id: start.id, model: start.model }),
    length: () => length,
    usage: () => usage,
    finishes: () => finishes.map(({ finish }) => finish),
    hasSubstance: () =>
      mediaParts > 0 ||
      parts.some((part) => part.start.type === 'tool_call' || (part.start.type !== 'reasoning' && part.text !== '')),
    plainText: () => (mediaParts > 0 ? undefined : plainTextOf(parts)),
    parts: () => parts.filter(({ start }) => start.candidate === 0).map(asPart),
    openParts: () => parts.filter(({ open }) => open).map(({ start: { candidate, part } }) => ({ candidate, part })),
    unfinished: () => unfinishedOf(parts, new Set(finishes.map(({ candidate }) => candidate))),
    openText: () => parts.find((part) => part.open && part.start.type === 'text')?.start.part,
    nextPart: () => mediaParts + parts.reduce((highest, part) => Math.max(highest, part.start.part + 1), 0),
    replay: () => (start === undefined ? [] : [start, ...parts.flatMap(eventsOf)]),
  }
}

/** From the end: it is asked for every delta, and mostly it is the last one. */
function findPart(parts: readonly SeenPart[], candidate: number, part: number): SeenPart | undefined {
  for (let at = parts.length - 1; at >= 0; at--) {
    const seen = parts[at]
    if (seen?.start.part === part && seen.start.candidate === candidate) return seen
  }
  return undefined
}

function unfinishedOf(parts: readonly SeenPart[], finished: ReadonlySet<number>): readonly number[] {
  return [...new Set(parts.map(({ start: { candidate } }) => candidate))].filter((candidate) => !finished.has(candidate))
}

function appendTo(part: SeenPart | undefined, text: string): void {
  if (part !== undefined) part.text = grown(part.text, text)
}

function closePart(part: SeenPart | undefined, opaque: readonly Opaque[] = []): void {
  if (part === undefined) return
  part.open = false
  if (opaque.length > 0) part.opaque = [...part.opaque, ...opaque]
}

function asPart({ start, text, opaque: given }: SeenPart): AnswerPart {
  const opaque = given.length === 0 ? {} : { opaque: given }
  if (start.type !== 'tool_call') return { kind: start.type, text, ...opaque }
  const { id, name, custom } = start
  return { kind: 'tool_call', id, name, args: text, ...(custom === undefined ? {} : { custom }), ...opaque }
}

function plainTextOf(parts: readonly SeenPart[]): string | undefined {
  let text = ''
  for (const part of parts) {
    if (part.start.candidate !== 0) return undefined
    if (part.start.type === 'text') text += part.text
    else if (part.start.type !== 'reasoning') return undefined
  }
  return text
}

function eventsOf(part: SeenPart): readonly AnswerEvent[] {
  const { candidate, part: number } = part.start
  const events: AnswerEvent[] = [part.start]
  if (part.text !== '') events.push({ kind: 'part_delta', candidate, part: number, text: part.text })
  if (!part.open) events.push({ kind: 'part_end', candidate, part: number })
  return events
}
