import type { Answer, AnswerEvent, AnswerPart, Candidate, Finish, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import { asArray, asObject, isObject } from '#lib/json.ts'
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
  const candidates = [...finishes].map(([index, finish]): Candidate => ({ index, finish, parts: [...(parts.get(index)?.values() ?? [])] }))
  return ok({ ...base, candidates: candidates.sort((a, b) => a.index - b.index), ...(usage === undefined ? {} : { usage }) })
}

type PartEvent = Extract<AnswerEvent, { readonly part: number }>

function foldPart(event: PartEvent, all: Map<number, Map<number, AnswerPart>>): void {
  const parts = all.get(event.candidate) ?? new Map<number, AnswerPart>()
  all.set(event.candidate, parts)
  const known = parts.get(event.part)
  switch (event.kind) {
    case 'part_start':
      if (event.type === 'tool_call') {
        const { id, name, custom, opaque } = event
        parts.set(event.part, { kind: 'tool_call', id, name, args: '', ...(custom === undefined ? {} : { custom }), ...(opaque === undefined ? {} : { opaque }) })
      } else parts.set(event.part, { kind: event.type, text: '' })
      return
    case 'part_delta':
      if (known?.kind === 'tool_call') parts.set(event.part, { ...known, args: known.args + event.text })
      else if (known !== undefined && 'text' in known) parts.set(event.part, { ...known, text: known.text + event.text })
      return
    case 'part_citation':
      if (known?.kind === 'text') parts.set(event.part, { ...known, citations: [...(known.citations ?? []), event.citation] })
      return
    case 'part_end':
      if (event.opaque !== undefined && (known?.kind === 'text' || known?.kind === 'reasoning' || known?.kind === 'tool_call')) parts.set(event.part, { ...known, opaque: event.opaque })
      return
    case 'part_whole':
      parts.set(event.part, event.content)
      return
  }
}
