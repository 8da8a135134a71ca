import type { Answer, AnswerEvent, AnswerPart, Candidate, Finish, PartStart } from '#canonical/answer.ts'
import type { Citation, Opaque } from '#canonical/request.ts'
import { flat } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'

type Open = { readonly start: PartStart; text: string; readonly citations: Citation[]; opaque: readonly Opaque[] | undefined }
type Slot = Open | Extract<AnswerEvent, { readonly kind: 'part_whole' }>['content']

/** The events of a stream as a whole answer; undefined when it did not come to a sound end. The way back is `unfold`. */
export function fold(events: readonly AnswerEvent[]): Answer | undefined {
  let head: Pick<Answer, 'id' | 'model' | 'created'> | undefined
  let usage: Answer['usage']
  const slots = new Map<number, Map<number, Slot>>()
  const finishes = new Map<number, Finish>()
  const slotsOf = (candidate: number): Map<number, Slot> => {
    const known = slots.get(candidate) ?? new Map<number, Slot>()
    slots.set(candidate, known)
    return known
  }
  for (const event of events) {
    if (event.kind === 'start') {
      head = { id: event.id, model: event.model, created: event.created }
      usage = event.usage ?? usage
    } else if (event.kind === 'usage') usage = event.usage
    else if (event.kind === 'finish') finishes.set(event.candidate, event.finish)
    else if ('part' in event) addTo(slotsOf(event.candidate), event)
  }
  if (head === undefined || finishes.size === 0) return undefined
  const candidates = [...finishes]
    .sort(([left], [right]) => left - right)
    .map(
      ([index, finish]): Candidate => ({
        index,
        parts: [...slotsOf(index)].sort(([left], [right]) => left - right).map(([, slot]) => partOf(slot)),
        finish,
      }),
    )
  return compact({ ...head, candidates, usage })
}

function addTo(slots: Map<number, Slot>, event: Extract<AnswerEvent, { readonly part: number }>): void {
  switch (event.kind) {
    case 'part_start':
      slots.set(event.part, { start: event, text: '', citations: [], opaque: event.opaque })
      return
    case 'part_whole':
      slots.set(event.part, event.content)
      return
    case 'part_delta':
    case 'part_citation':
    case 'part_end': {
      const slot = slots.get(event.part)
      if (slot === undefined || !('start' in slot)) return
      if (event.kind === 'part_delta') slot.text += event.text
      else if (event.kind === 'part_citation') slot.citations.push(event.citation)
      else slot.opaque = event.opaque ?? slot.opaque
    }
  }
}

function partOf(slot: Slot): AnswerPart {
  if (!('start' in slot)) return slot
  const { start, citations, opaque } = slot
  const text = flat(slot.text)
  switch (start.type) {
    case 'text':
      return compact({ kind: 'text' as const, text, citations: citations.length === 0 ? undefined : citations, opaque })
    case 'reasoning':
      return compact({ kind: 'reasoning' as const, text, opaque })
    case 'refusal':
      return { kind: 'refusal', text }
    case 'tool_call':
      return compact({ kind: 'tool_call' as const, id: start.id, name: start.name, args: text, custom: start.custom, opaque })
  }
}
