import type { Answer, AnswerEvent, AnswerPart, Candidate } from '#canonical/answer.ts'
import { wordsOf } from './counting.ts'

/** A whole answer as the events of its stream: text by words, arguments by eight characters. */
export function eventsOf(answer: Answer): readonly AnswerEvent[] {
  const { id, model, created, usage } = answer
  const events: AnswerEvent[] = [
    { kind: 'start', id, model, created, ...(usage === undefined ? {} : { usage: { ...usage, output: 0, reasoning: 0 } }) },
  ]
  for (const candidate of answer.candidates) addCandidate(events, candidate)
  for (const { index, finish } of answer.candidates) events.push({ kind: 'finish', candidate: index, finish })
  if (usage !== undefined) events.push({ kind: 'usage', usage })
  events.push({ kind: 'end' })
  return events
}

function addCandidate(events: AnswerEvent[], candidate: Candidate): void {
  candidate.parts.forEach((content, part) => {
    const place = { candidate: candidate.index, part }
    if (content.kind === 'image' || content.kind === 'audio' || content.kind === 'server_tool') {
      events.push({ kind: 'part_whole', ...place, content })
      return
    }
    if (content.kind === 'tool_call') {
      const { id, name, custom } = content
      events.push({ kind: 'part_start', ...place, type: 'tool_call', id, name, ...(custom === undefined ? {} : { custom }) })
    } else events.push({ kind: 'part_start', ...place, type: content.kind })
    for (const text of piecesOf(content)) events.push({ kind: 'part_delta', ...place, text })
    const opaque = 'opaque' in content ? content.opaque : undefined
    events.push({ kind: 'part_end', ...place, ...(opaque === undefined ? {} : { opaque }) })
  })
}

function piecesOf(content: AnswerPart): readonly string[] {
  switch (content.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return wordsOf(content.text)
    case 'tool_call':
      return content.args.match(/[\s\S]{1,8}/gu) ?? []
    default:
      return []
  }
}
