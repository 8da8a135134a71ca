import type { Answer, AnswerEvent, AnswerPart, Candidate, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Opaque } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { joinLogprobs } from './logprobs.ts'

type Folded = { readonly parts: Map<number, AnswerPart>; finish?: Finish; logprobs?: unknown }

/** The events of the stream decoder, put together: a whole answer here is a stream of one chunk. */
export function fold(events: readonly AnswerEvent[]): Result<Answer, Failure> {
  let base: Pick<Answer, 'id' | 'model' | 'created'> = { id: '', model: '', created: 0 }
  let usage: Usage | undefined
  const candidates = new Map<number, Folded>()
  const candidateAt = (index: number): Folded => {
    const candidate = candidates.get(index) ?? { parts: new Map<number, AnswerPart>() }
    candidates.set(index, candidate)
    return candidate
  }
  for (const event of events) {
    if (event.kind === 'failure') return err({ ...event.failure, phase: 'body' })
    if (event.kind === 'start') base = { id: event.id, model: event.model, created: event.created }
    else if (event.kind === 'usage') usage = event.usage
    else if (event.kind === 'finish') candidateAt(event.candidate).finish = event.finish
    else if ('part' in event) foldPart(event, candidateAt(event.candidate))
  }
  return ok({ ...base, candidates: [...candidates].map(writeCandidate).sort((a, b) => a.index - b.index), ...compact({ usage }) })
}

function writeCandidate([index, { parts, finish, logprobs }]: readonly [number, Folded]): Candidate {
  return compact({ index, parts: [...parts.values()], finish: finish ?? { reason: 'other' as const }, logprobs })
}

type PartEvent = Extract<AnswerEvent, { readonly part: number }>

function foldPart(event: PartEvent, candidate: Folded): void {
  if (event.kind === 'part_delta') candidate.logprobs = joinLogprobs(candidate.logprobs, event.logprobs)
  const folded = foldEvent(event, candidate.parts.get(event.part))
  if (folded !== undefined) candidate.parts.set(event.part, folded)
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
