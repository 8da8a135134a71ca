import { type AnswerEvent, isContent } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { AnswerContext, Dialect, EventEncoder } from '#dialect/dialect.ts'
import type { ClientPort } from './exchange.ts'
import { type SeenAnswer, trackAnswer } from './seen-answer.ts'

/**
 * The client's end of a streamed answer, over all its attempts. Until the first content it holds everything back, so that
 * a failed attempt leaves no trace; from then on what was written stands (`committed`).
 */
export type StreamOut = {
  /** What the client has been told, or will be when the held-back text goes out. */
  readonly seen: SeenAnswer
  /** Whether the client has seen the beginning of an answer. */
  readonly committed: () => boolean
  /** A new attempt: forgets what the last one had held back. */
  readonly restart: () => void
  /** An event of the answer, to be written in the client's dialect. */
  readonly event: (event: AnswerEvent) => void
  /** Same dialect on both sides: the events are noted, the provider's own text is written in their place. */
  readonly note: (event: AnswerEvent) => void
  readonly raw: (text: string) => void
  /** Writes what has gathered, at the end of each packet. False when the client is slow. */
  readonly flush: () => boolean
  /** Writes the dialect's own error event. */
  readonly fail: (failure: Failure) => void
  /** What the client's dialect closed the answer with; empty until then. */
  readonly ending: () => string
  /** Lets everything go and closes the answer. */
  readonly end: (comment: string) => void
  /** All events of the answer, where they are wanted for the cache. */
  readonly kept: () => readonly AnswerEvent[]
  /** After raw text: from now on events are written by an encoder whose state is what the client has seen. */
  readonly takeOver: () => void
}

export type StreamOutOptions = {
  readonly dialect: Dialect
  readonly context: AnswerContext
  readonly client: ClientPort
  /** Headers of the answer, asked for at the moment it begins. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Told when the answer begins for the client. */
  readonly onCommit: () => void
  /** Whether an answer with this many characters of content may begin; the lifecycle frames before are always held back. */
  readonly mayBegin: (characters: number) => boolean
  /** Whether events are kept for the cache. */
  readonly keep: boolean
}

export function openStreamOut(options: StreamOutOptions): StreamOut {
  const { dialect, context, client } = options
  const seen = trackAnswer()
  let encode: EventEncoder = dialect.encodeStream(context)
  let gathered = ''
  let ending = ''
  let hasContent = false
  let committed = false
  let kept: AnswerEvent[] = []

  const commit = (): void => {
    committed = true
    options.onCommit()
    client.head(200, { ...options.headers(), 'content-type': dialect.streamContentType(context.request) })
  }
  const note = (event: AnswerEvent): void => {
    seen.add(event)
    if (options.keep) kept.push(event)
    if (!hasContent && isContent(event)) hasContent = true
  }
  const write = (): boolean => {
    if (gathered === '') return true
    const text = gathered
    gathered = ''
    return client.write(text)
  }
  return {
    seen,
    committed: () => committed,
    restart() {
      if (committed) return
      encode = dialect.encodeStream(context)
      gathered = ''
      hasContent = false
      kept = []
      seen.clear()
    },
    event(event) {
      note(event)
      const text = encode(event)
      if (event.kind === 'end') ending = text
      gathered += text
    },
    note,
    raw(text) {
      gathered += text
    },
    flush() {
      if (!committed) {
        if (!hasContent || !options.mayBegin(seen.length())) return true
        commit()
      }
      return write()
    },
    fail(failure) {
      gathered += encode({ kind: 'failure', failure })
    },
    end(comment) {
      if (!committed) commit()
      client.end(gathered + comment)
      gathered = ''
    },
    ending: () => ending,
    kept: () => kept,
    takeOver() {
      encode = dialect.encodeStream(context)
      for (const event of seen.replay()) encode(event)
    },
  }
}
