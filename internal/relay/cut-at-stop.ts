import type { Answer, AnswerEvent, AnswerPart, Candidate, Emit, Finish } from '#canonical/answer.ts'

type Found = { readonly at: number; readonly sequence: string }

/** The first place where one of the sequences begins; the longest of those that begin there. */
function findStop(text: string, sequences: readonly string[]): Found | undefined {
  let found: Found | undefined
  for (const sequence of sequences) {
    const at = text.indexOf(sequence)
    if (at < 0) continue
    const earlier = found === undefined || at < found.at || (at === found.at && sequence.length > found.sequence.length)
    if (earlier) found = { at, sequence }
  }
  return found
}

/** How many characters at the end of the text may be the beginning of a sequence. */
function undecidedLength(text: string, sequences: readonly string[]): number {
  const longest = Math.max(...sequences.map((sequence) => sequence.length))
  for (let length = Math.min(text.length, longest - 1); length > 0; length--) {
    const tail = text.slice(-length)
    if (sequences.some((sequence) => sequence.startsWith(tail))) return length
  }
  return 0
}

function finishOf({ sequence }: Found): Finish {
  return { reason: 'stop_sequence', sequence }
}

/** A whole answer, ended before the first stop sequence in its text: providers without them write on. */
export function cutAnswer(answer: Answer, sequences: readonly string[]): Answer {
  return { ...answer, candidates: answer.candidates.map((candidate) => cutCandidate(candidate, sequences)) }
}

function cutCandidate(candidate: Candidate, sequences: readonly string[]): Candidate {
  const parts: AnswerPart[] = []
  for (const part of candidate.parts) {
    const found = part.kind === 'text' ? findStop(part.text, sequences) : undefined
    if (part.kind !== 'text' || found === undefined) parts.push(part)
    else {
      const { citations = [] } = part
      const kept = citations.filter(({ end = 0 }) => end <= found.at)
      if (found.at > 0)
        parts.push({ kind: 'text', text: part.text.slice(0, found.at), ...(kept.length > 0 ? { citations: kept } : {}) })
      return { index: candidate.index, parts, finish: finishOf(found) }
    }
  }
  return candidate
}

/** What is known of a candidate whose text is looked through. */
type Watched = {
  /** Parts that are open, with their kinds. */
  readonly open: Map<number, string>
  /** The end of the text so far that may be the beginning of a sequence, and the part it belongs to. */
  held: string
  part: number
  cut: boolean
}

/**
 * The events of a stream, ended before the first stop sequence in the text. What the model writes on is read unseen, since only
 * the end of it tells the usage.
 */
export function cutEvents(emit: Emit, sequences: readonly string[]): Emit {
  const candidates = new Map<number, Watched>()
  const watched = (candidate: number): Watched => {
    const known = candidates.get(candidate)
    if (known !== undefined) return known
    const fresh: Watched = { open: new Map(), held: '', part: 0, cut: false }
    candidates.set(candidate, fresh)
    return fresh
  }
  return (event) => {
    if (event.kind === 'failure' && candidates.size > 0 && [...candidates.values()].every(({ cut }) => cut))
      // The client has its answer; what broke was no part of it.
      return emit({ kind: 'end' })
    if (!('candidate' in event)) return emit(event)
    const state = watched(event.candidate)
    // A sign of life, without content.
    if (state.cut) return emit({ kind: 'skipped' })
    cutEvent(event, state, emit, sequences)
  }
}

type CandidateEvent = Extract<AnswerEvent, { readonly candidate: number }>

function cutEvent(event: CandidateEvent, state: Watched, emit: Emit, sequences: readonly string[]): void {
  switch (event.kind) {
    case 'part_start':
      state.open.set(event.part, event.type)
      return emit(event)
    case 'part_delta':
      return state.open.get(event.part) === 'text' ? cutDelta(event, state, emit, sequences) : emit(event)
    case 'part_end':
      if (event.part === state.part) release(event.candidate, state, emit)
      state.open.delete(event.part)
      return emit(event)
    case 'finish':
      release(event.candidate, state, emit)
      return emit(event)
    default:
      return emit(event)
  }
}

function cutDelta(
  event: Extract<AnswerEvent, { readonly kind: 'part_delta' }>,
  state: Watched,
  emit: Emit,
  sequences: readonly string[],
): void {
  if (event.part !== state.part) release(event.candidate, state, emit)
  const text = state.held + event.text
  const found = findStop(text, sequences)
  const sure = found?.at ?? text.length - undecidedLength(text, sequences)
  state.part = event.part
  state.held = text.slice(sure)
  emit(sure === 0 ? { kind: 'skipped' } : { ...event, text: text.slice(0, sure) })
  if (found === undefined) return
  state.cut = true
  for (const part of state.open.keys()) emit({ kind: 'part_end', candidate: event.candidate, part })
  emit({ kind: 'finish', candidate: event.candidate, finish: finishOf(found) })
}

/** No more text follows: what was held back is no stop sequence. */
function release(candidate: number, state: Watched, emit: Emit): void {
  const { held, part } = state
  state.held = ''
  if (held !== '') emit({ kind: 'part_delta', candidate, part, text: held })
}
