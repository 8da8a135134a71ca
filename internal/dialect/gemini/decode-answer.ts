import type { Answer, AnswerEvent, AnswerPart, Candidate, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Opaque } from '#canonical/request.ts'
import { asArray, asObject, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeChunks } from './chunks.ts'

/** Gemini → canonical, a whole answer; one JSON array of chunks is one, too. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  const chunks = Array.isArray(body) ? asArray(body).map(asObject) : isObject(body) ? [body] : []
  if (chunks.length === 0) return err({ kind: 'malformed', phase: 'body', message: 'the answer is not a JSON object' })
  const events: AnswerEvent[] = []
  const decoder = decodeChunks((event) => events.push(event), context)
  for (const chunk of chunks) decoder.read(chunk)
  decoder.end()
  return fold(events)
}

/** The events of the stream decoder, put together: a whole answer here is a stream of one chunk. */
function fold(events: readonly AnswerEvent[]): Result<Answer, Failure> {
  let base: Pick<Answer, 'id' | 'model' | 'created'> = { id: '', model: '', created: 0 }
  let usage: Usage | undefined
  const parts = new Map<number, Map<number, AnswerPart>>()
  const finishes = new Map<number, Finish>()
  for (const event of events) {
    if (event.kind === 'failure') return err({ ...event.failure, phase: 'body' })
    if (event.kind === 'start') base = { id: event.id, model: event.model, created: event.created }
    else if (event.kind === 'usage') usage = event.usage
    else if (event.kind === 'finish') finishes.set(event.candidate, event.finish)
    else if ('part' in event) foldPart(event, parts)
  }
  const candidates = [...finishes].map(
    ([index, finish]): Candidate => ({ index, finish, parts: [...(parts.get(index)?.values() ?? [])] }),
  )
  return ok({ ...base, candidates: candidates.sort((a, b) => a.index - b.index), ...(usage === undefined ? {} : { usage }) })
}

type PartEvent = Extract<AnswerEvent, { readonly part: number }>

function foldPart(event: PartEvent, all: Map<number, Map<number, AnswerPart>>): void {
  const parts = all.get(event.candidate) ?? new Map<number, AnswerPart>()
  all.set(event.candidate, parts)
  const folded = foldEvent(event, parts.get(event.part))
  if (folded !== undefined) parts.set(event.part, folded)
}

function foldEvent(event: PartEvent, known: AnswerPart | undefined): AnswerPart | undefined {
  switch (event.kind) {
    case 'part_start':
      return startOf(event)
    case 'part_delta':
      return known === undefined ? undefined : withText(known, event.text)
    case 'part_citation':
      return known?.kind === 'text' ? { ...known, citations: [...(known.citations ?? []), event.citation] } : known
    case 'part_end':
      return known === undefined || event.opaque === undefined ? known : withOpaque(known, event.opaque)
    case 'part_whole':
      return event.content
  }
}

function startOf(event: PartStart): AnswerPart {
  if (event.type !== 'tool_call') return { kind: event.type, text: '' }
  const { id, name, custom, opaque } = event
  return compact({ kind: 'tool_call', id, name, args: '', custom, opaque })
}

function withText(part: AnswerPart, text: string): AnswerPart {
  if (part.kind === 'tool_call') return { ...part, args: part.args + text }
  return 'text' in part ? { ...part, text: part.text + text } : part
}

function withOpaque(part: AnswerPart, opaque: readonly Opaque[]): AnswerPart {
  return part.kind === 'text' || part.kind === 'reasoning' || part.kind === 'tool_call' ? { ...part, opaque } : part
}
