import assert from 'node:assert/strict'
import type {
  Answer,
  AnswerEvent,
  AnswerMediaPart,
  AnswerPart,
  AnswerServerToolPart,
  Candidate,
  Finish,
  PartStart,
  Usage,
} from '#canonical/answer.ts'
import type { Opaque } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'

/** How a stream is cut: the lengths of the pieces of its texts, and whether calls that follow each other are under way at once. */
export type Cut = { readonly lengths: readonly number[]; readonly parallel: boolean }

/** The answer as a stream. */
export function eventsOf(answer: Answer, { lengths, parallel }: Cut): readonly AnswerEvent[] {
  const { id, model, created, usage } = answer
  return [
    { kind: 'start', id, model, created },
    ...answer.candidates.flatMap(({ index, parts, finish }): readonly AnswerEvent[] => [
      ...inTurn(
        parts.map((part, at) => ({ part, events: partEvents(part, index, at, lengths) })),
        parallel,
      ),
      { kind: 'finish', candidate: index, finish },
    ]),
    ...(usage === undefined ? [] : [{ kind: 'usage', usage } as const]),
    { kind: 'end' },
  ]
}

type Streamed = { readonly part: AnswerPart; readonly events: readonly AnswerEvent[] }

/** One part after the other, but for neighbouring calls: of those each gives one event in turn. */
function inTurn(parts: readonly Streamed[], parallel: boolean): readonly AnswerEvent[] {
  const groups: Streamed[][] = []
  for (const streamed of parts) {
    const group = groups.at(-1)
    const joins = parallel && streamed.part.kind === 'tool_call' && group?.at(-1)?.part.kind === 'tool_call'
    if (joins) group.push(streamed)
    else groups.push([streamed])
  }
  return groups.flatMap((group) => {
    const longest = Math.max(...group.map(({ events }) => events.length))
    return Array.from({ length: longest }, (_, turn) => group.flatMap(({ events }) => events[turn] ?? [])).flat()
  })
}

function partEvents(part: AnswerPart, candidate: number, at: number, lengths: readonly number[]): readonly AnswerEvent[] {
  if (isWhole(part)) return [{ kind: 'part_whole', candidate, part: at, content: part }]
  const place = { candidate, part: at }
  const start: PartStart =
    part.kind === 'tool_call'
      ? { kind: 'part_start', ...place, type: 'tool_call', id: part.id, name: part.name }
      : { kind: 'part_start', ...place, type: part.kind }
  const pieces = cut(part.kind === 'tool_call' ? part.args : part.text, lengths)
  const opaque = part.kind === 'refusal' ? undefined : part.opaque
  return [
    start,
    ...pieces.map((text): AnswerEvent => ({ kind: 'part_delta', ...place, text })),
    compact({ kind: 'part_end', ...place, opaque }),
  ]
}

function isWhole(part: AnswerPart): part is AnswerMediaPart | AnswerServerToolPart {
  return part.kind === 'image' || part.kind === 'audio' || part.kind === 'server_tool'
}

/** Never within a character: no provider does, since its pieces are JSON texts of their own. */
function cut(text: string, lengths: readonly number[]): readonly string[] {
  const characters = [...text]
  const pieces: string[] = []
  let at = 0
  for (let turn = 0; at < characters.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    pieces.push(characters.slice(at, at + length).join(''))
    at += length
  }
  return pieces
}

type OpenPart = { readonly start: PartStart; text: string; opaque: readonly Opaque[]; open: boolean }
type Slot = OpenPart | { readonly whole: AnswerPart }

/** The events as a whole answer; a stream that breaks a rule of `AnswerEvent` fails the test. */
export function answerOf(events: readonly AnswerEvent[]): Answer {
  const [first] = events
  assert.equal(first?.kind, 'start', 'a stream begins with start')
  assert.equal(events.at(-1)?.kind, 'end', `a sound stream ends with end: ${JSON.stringify(events.at(-1))}`)
  assert.equal(events.filter(({ kind }) => kind === 'start').length, 1)
  assert.equal(events.filter(({ kind }) => kind === 'end' || kind === 'failure').length, 1)
  const slots = new Map<number, Slot[]>()
  const finishes = new Map<number, Finish>()
  let usage: Usage | undefined = first?.kind === 'start' ? first.usage : undefined
  for (const event of events) {
    if (event.kind === 'usage') usage = event.usage
    if (!('candidate' in event)) continue
    assert.ok(!finishes.has(event.candidate), 'nothing follows a finish')
    const parts = slots.get(event.candidate) ?? []
    slots.set(event.candidate, parts)
    if (event.kind === 'finish') finishes.set(event.candidate, event.finish)
    else take(parts, event)
  }
  const candidates = [...slots].map(([index, parts]): Candidate => {
    const finish = finishes.get(index)
    assert.ok(finish, 'each candidate has a finish')
    return { index, parts: parts.map(wholeOf), finish }
  })
  assert.ok(first?.kind === 'start')
  const { id, model, created } = first
  return compact({ id, model, created, candidates, usage })
}

function take(parts: Slot[], event: Exclude<Extract<AnswerEvent, { readonly candidate: number }>, { kind: 'finish' }>): void {
  switch (event.kind) {
    case 'part_start':
      assert.equal(event.part, parts.length, 'part numbers count up from 0')
      parts.push({ start: event, text: '', opaque: event.opaque ?? [], open: true })
      return
    case 'part_whole':
      assert.equal(event.part, parts.length, 'part numbers count up from 0')
      parts.push({ whole: event.content })
      return
    default: {
      const part = parts[event.part]
      assert.ok(part !== undefined && 'start' in part && part.open, `${event.kind} lies between start and end`)
      if (event.kind === 'part_delta') part.text += event.text
      if (event.kind === 'part_end') {
        part.opaque = [...part.opaque, ...(event.opaque ?? [])]
        part.open = false
      }
    }
  }
}

function wholeOf(part: Slot): AnswerPart {
  if ('whole' in part) return part.whole
  const { start, text, opaque, open } = part
  assert.ok(!open, 'each part ends')
  const data = opaque.length === 0 ? {} : { opaque }
  if (start.type !== 'tool_call') return { kind: start.type, text, ...data }
  return compact({ kind: 'tool_call', id: start.id, name: start.name, args: text, custom: start.custom, ...data })
}
