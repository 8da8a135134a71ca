import type { Answer } from '#canonical/answer.ts'
import { isContent } from '#canonical/answer.ts'
import type { AnswerContext, Dialect } from '#dialect/dialect.ts'
import { eventsOf } from './answer-events.ts'

/** One thing that the mock does with a connection. */
export type Step =
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** Infinite: until the caller leaves. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'write'; readonly bytes: string | Uint8Array }
  | { readonly kind: 'end' }
  /** Closes the connection in the middle; `hard` with a reset (RST) instead of an orderly end (FIN). */
  | { readonly kind: 'break'; readonly hard: boolean }
  /** Takes no connections for a while, and breaks this one. */
  | { readonly kind: 'refuse'; readonly ms: number }

/** A frame of an answer: what opens it, what it says, what closes it. */
export type Piece = { readonly text: string; readonly role: 'open' | 'content' | 'close' }

/** An answer without a fault, encoded. A whole one comes in two pieces, so that it can break in the middle. */
export type Sound = {
  readonly contentType: string
  readonly whole: boolean
  readonly pieces: readonly Piece[]
  /** Tokens of output: what a whole answer takes its time for. */
  readonly tokens: number
}

/** How fast an answer goes. */
export type Tempo = {
  readonly firstTokenMs: number
  /** Where the wait for the first token lies. */
  readonly before: 'headers' | 'start' | 'content'
  readonly chunkMs: number
}

/** A JSON body as a sound answer. */
export function soundBody(body: unknown, tokens = 0): Sound {
  const text = JSON.stringify(body)
  const half = Math.floor(text.length / 2)
  const pieces: readonly Piece[] = [
    { text: text.slice(0, half), role: 'content' },
    { text: text.slice(half), role: 'content' },
  ]
  return { contentType: 'application/json', whole: true, pieces, tokens }
}

/** An answer as the dialect writes it, whole or as a stream. */
export function soundAnswer(dialect: Dialect, answer: Answer, context: AnswerContext, stream: boolean): Sound {
  const tokens = answer.usage?.output ?? 0
  if (!stream) return soundBody(dialect.encodeAnswer(answer, context), tokens)
  const encode = dialect.encodeStream(context)
  const pieces: Piece[] = []
  let role: Piece['role'] = 'open'
  for (const event of eventsOf(answer)) {
    if (role === 'open' && isContent(event)) role = 'content'
    if (event.kind === 'finish' || event.kind === 'end') role = 'close'
    const text = encode(event)
    if (text !== '') pieces.push({ text, role })
  }
  return { contentType: dialect.streamContentType(context.request), whole: false, pieces, tokens }
}

/** What is done for an answer: the wait for its first token at its place, a pause between its frames, and how it ends. */
export function timeline(sound: Sound, tempo: Tempo, ending: readonly Step[] = [{ kind: 'end' }]): readonly Step[] {
  const head: Step = { kind: 'head', status: 200, headers: { 'content-type': sound.contentType } }
  const thinking = tempo.firstTokenMs + (sound.whole ? tempo.chunkMs * sound.tokens : 0)
  const wait: readonly Step[] = thinking > 0 ? [{ kind: 'wait', ms: thinking }] : []
  const opening = sound.pieces.filter(({ role }) => role === 'open').map(writing)
  const rest = spoken(sound, tempo)
  switch (tempo.before) {
    case 'headers':
      return [...wait, head, ...opening, ...rest, ...ending]
    case 'start':
      return [head, ...wait, ...opening, ...rest, ...ending]
    case 'content':
      return [head, ...opening, ...wait, ...rest, ...ending]
  }
}

function spoken(sound: Sound, tempo: Tempo): readonly Step[] {
  const pieces = sound.pieces.filter(({ role }) => role !== 'open')
  if (sound.whole || tempo.chunkMs <= 0) return pieces.map(writing)
  const pause: Step = { kind: 'wait', ms: tempo.chunkMs }
  return pieces.flatMap((piece, index) => (piece.role === 'content' && index > 0 ? [pause, writing(piece)] : [writing(piece)]))
}

function writing(piece: Piece): Step {
  return { kind: 'write', bytes: piece.text }
}
