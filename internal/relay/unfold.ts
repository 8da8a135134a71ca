import type { Answer, AnswerEvent, AnswerPart, Candidate } from '#canonical/answer.ts'
import { endOfSlice, type Turn } from '#lib/slices/turn.ts'
import type { StreamOut } from './stream-out.ts'

/** Gives a whole answer to the client as a stream. */
export function play(out: StreamOut, answer: Answer): void {
  for (const event of unfold(answer)) out.event(event)
  out.flush()
}

/** The same for a large one, with a turn for others after each event; false when nobody wants it any more. */
export async function playInTurns(out: StreamOut, answer: Answer, turn: Turn): Promise<boolean> {
  for (const event of unfold(answer)) {
    out.event(event)
    out.flush()
    if (!(await turn())) return false
  }
  return true
}

/** A whole answer as the events of a stream: for a provider that answers whole where a stream was asked for. */
export function unfold(answer: Answer): readonly AnswerEvent[] {
  const events: AnswerEvent[] = [{ kind: 'start', id: answer.id, model: answer.model, created: answer.created }]
  for (const candidate of answer.candidates) events.push(...unfoldCandidate(candidate))
  if (answer.usage !== undefined) events.push({ kind: 'usage', usage: answer.usage })
  events.push({ kind: 'end' })
  return events
}

function unfoldCandidate(candidate: Candidate): readonly AnswerEvent[] {
  const events = candidate.parts.flatMap((part, number) => unfoldPart(part, candidate.index, number))
  return [...events, { kind: 'finish', candidate: candidate.index, finish: candidate.finish }]
}

function unfoldPart(content: AnswerPart, candidate: number, part: number): readonly AnswerEvent[] {
  const end: AnswerEvent = {
    kind: 'part_end',
    candidate,
    part,
    ...('opaque' in content && content.opaque !== undefined ? { opaque: content.opaque } : {}),
  }
  switch (content.kind) {
    case 'image':
    case 'audio':
    case 'server_tool':
      return [{ kind: 'part_whole', candidate, part, content }]
    case 'tool_call': {
      const { id, name, args, custom } = content
      return [
        { kind: 'part_start', candidate, part, type: 'tool_call', id, name, ...(custom === undefined ? {} : { custom }) },
        ...deltas(args, candidate, part),
        end,
      ]
    }
    case 'text': {
      const citations = (content.citations ?? []).map(
        (citation): AnswerEvent => ({ kind: 'part_citation', candidate, part, citation }),
      )
      return [
        { kind: 'part_start', candidate, part, type: 'text', ...(content.phase === undefined ? {} : { phase: content.phase }) },
        ...deltas(content.text, candidate, part),
        ...citations,
        end,
      ]
    }
    case 'reasoning':
    case 'refusal':
      return [{ kind: 'part_start', candidate, part, type: content.kind }, ...deltas(content.text, candidate, part), end]
  }
}

/** One, unless the text is very long. */
function deltas(text: string, candidate: number, part: number): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  let from = 0
  do {
    const to = endOfSlice(text, from)
    events.push({ kind: 'part_delta', candidate, part, text: text.slice(from, to) })
    from = to
  } while (from < text.length)
  return events
}
