import type { Answer, AnswerEvent, AnswerPart, Candidate } from '#canonical/answer.ts'

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
        { kind: 'part_delta', candidate, part, text: args },
        end,
      ]
    }
    case 'text': {
      const citations = (content.citations ?? []).map(
        (citation): AnswerEvent => ({ kind: 'part_citation', candidate, part, citation }),
      )
      return [
        { kind: 'part_start', candidate, part, type: 'text', ...(content.phase === undefined ? {} : { phase: content.phase }) },
        { kind: 'part_delta', candidate, part, text: content.text },
        ...citations,
        end,
      ]
    }
    case 'reasoning':
    case 'refusal':
      return [
        { kind: 'part_start', candidate, part, type: content.kind },
        { kind: 'part_delta', candidate, part, text: content.text },
        end,
      ]
  }
}
