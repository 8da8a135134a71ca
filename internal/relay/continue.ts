import type { AnswerEvent, Emit } from '#canonical/answer.ts'
import type { Message, Request } from '#canonical/request.ts'
import type { SeenAnswer } from './seen-answer.ts'

/**
 * Whether a broken answer may be continued by another model: one plain text, one candidate, no promise about its form.
 * Half a tool call or half a JSON document continued elsewhere would be worse than a clear error.
 */
export function canContinue(request: Request, seen: SeenAnswer): boolean {
  if (request.output.format !== 'text' || (request.params.candidates ?? 1) > 1 || request.params.logprobs !== undefined)
    return false
  return seen.plainText() !== undefined && seen.finishes().length === 0
}

/** How the next model is told what was already said. */
export type ContinuationForm = 'prefill' | 'instruction'

const instruction =
  'Your last message was cut off by a technical fault. Continue it exactly where its text stops: repeat nothing, add no introduction, and keep its language and form.'

/** The request that asks for the rest of `text`. With `prefill` the model continues its own message, else it is told to. */
export function continuationRequest(request: Request, text: string, form: ContinuationForm): Request {
  if (text === '') return request
  // Anthropic refuses a prefill that ends in white space; the seam is mended on the way back.
  const said: Message = { role: 'assistant', parts: [{ kind: 'text', text: form === 'prefill' ? text.trimEnd() : text }] }
  const told: readonly Message[] = form === 'prefill' ? [] : [{ role: 'user', parts: [{ kind: 'text', text: instruction }] }]
  const { maxOutput: _spent, ...params } = request.params
  const maxOutput = request.params.maxOutput
  const left = maxOutput === undefined ? undefined : Math.max(16, maxOutput - Math.ceil(text.length / 4))
  return {
    ...request,
    messages: [...request.messages, said, ...told],
    params: left === undefined ? params : { ...params, maxOutput: left },
  }
}

// Long enough for a repeated sentence, short enough that the caller does not notice the wait.
const seamCharacters = 160

/**
 * Joins the events of a continuation to what the client has seen: no second beginning, the open text part goes on (or a new one
 * begins, where the broken answer had closed its own), what the model repeats at the seam is cut out, its reasoning is left out,
 * and later parts get fresh numbers.
 */
export function joinContinuation(seen: SeenAnswer, emit: Emit): { readonly emit: Emit } {
  const before = seen.plainText() ?? ''
  const openPart = seen.openText()
  const offset = seen.nextPart()
  const hasSeam = openPart !== undefined || before !== ''
  const hidden = new Set<number>()
  let joined: number | undefined
  let seam: string | undefined = ''
  // The beginning of a new text part, until it is known that it says something new.
  let heldStart: AnswerEvent | undefined

  const numberOf = (part: number): number => (part === joined && openPart !== undefined ? openPart : part + offset)
  const emitJoined = (event: Extract<AnswerEvent, { kind: 'part_delta' }>): void => {
    if (heldStart !== undefined) emit(heldStart)
    heldStart = undefined
    emit(event)
  }
  const settleSeam = (): void => {
    if (seam === undefined || !hasSeam) return
    const text = seam.slice(repeated(before, seam))
    seam = undefined
    if (text !== '' && joined !== undefined) emitJoined({ kind: 'part_delta', candidate: 0, part: numberOf(joined), text })
  }
  const delta = (event: Extract<AnswerEvent, { kind: 'part_delta' }>): void => {
    if (hidden.has(event.part)) return
    if (event.part !== joined) {
      emit({ ...event, part: event.part + offset })
      return
    }
    if (seam === undefined) {
      emitJoined({ ...event, part: numberOf(event.part) })
      return
    }
    seam += event.text
    if (seam.length >= seamCharacters && !mayBeginAgain(before, seam)) settleSeam()
  }
  const started = (event: Extract<AnswerEvent, { kind: 'part_start' }>): void => {
    if (event.type === 'reasoning') hidden.add(event.part)
    else if (event.type === 'text' && joined === undefined && hasSeam) {
      joined = event.part
      if (openPart === undefined) heldStart = { ...event, part: event.part + offset }
    } else {
      settleSeam()
      emit({ ...event, part: event.part + offset })
    }
  }
  const other = (event: Extract<AnswerEvent, { kind: 'part_end' | 'part_whole' | 'part_citation' }>): void => {
    if (hidden.has(event.part)) return
    settleSeam()
    // A part that only said again what was said has not begun.
    if (event.part === joined && heldStart !== undefined) return
    emit({ ...event, part: numberOf(event.part) })
  }
  return {
    emit(event) {
      switch (event.kind) {
        case 'start':
          return
        case 'part_start':
          return started(event)
        case 'part_delta':
          return delta(event)
        case 'part_end':
        case 'part_whole':
        case 'part_citation':
          return other(event)
        case 'finish':
          settleSeam()
          return emit(event)
        default:
          return emit(event)
      }
    },
  }
}

// Shorter beginnings in common are chance.
const leastBeginning = 24

/** Whether what came so far could be the answer from its beginning once more, which models do although they are told not to. */
function mayBeginAgain(before: string, next: string): boolean {
  const text = next.trimStart()
  return text.length <= before.length && before.startsWith(text)
}

/** How many characters at the beginning of `next` the client has seen already. */
export function repeated(before: string, next: string): number {
  const text = next.trimStart()
  const indent = next.length - text.length
  if (before.length >= leastOverlap && text.startsWith(before)) return indent + before.length
  if (text !== '' && before.startsWith(text) && text.length >= leastBeginning) return next.length
  const common = commonBeginning(before, text)
  // It began again in other words: what follows the last words that the client has is the rest.
  if (common >= leastBeginning) {
    const tail = before.slice(-leastBeginning)
    const found = text.indexOf(tail, common)
    return indent + (found < 0 ? common : found + tail.length)
  }
  return overlap(before, next)
}

function commonBeginning(left: string, right: string): number {
  const longest = Math.min(left.length, right.length)
  let at = 0
  while (at < longest && left[at] === right[at]) at++
  return at
}

// Shorter matches are chance: a continuation may well begin with the letter that the text ended with.
const leastOverlap = 12

/** How many characters at the beginning of `next` repeat the end of `before`. */
export function overlap(before: string, next: string): number {
  const gap = before.slice(before.trimEnd().length)
  if (gap !== '' && next.startsWith(gap)) return gap.length
  const longest = Math.min(before.length, next.length)
  for (let size = longest; size >= leastOverlap; size--) {
    if (before.endsWith(next.slice(0, size))) return size
  }
  return 0
}
