import { type AnswerEvent, isContent, type Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { AnswerContext, Dialect, EventEncoder } from '#dialect/dialect.ts'
import type { ClientPort } from './exchange.ts'
import { addUsage } from './record.ts'
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
  /** Another attempt goes on with the answer; what the earlier ones used is told to the client together with its own. */
  readonly continueAfter: (earlier: Usage | undefined) => void
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
  const writer = openWriter(dialect, context, seen)
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
      writer.restart()
      gathered = ''
      hasContent = false
      kept = []
      seen.clear()
    },
    event(event) {
      note(event)
      const text = writer.encode(event)
      if (event.kind === 'end') ending = text
      gathered += text
    },
    note,
    raw(text) {
      writer.passed()
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
      gathered += writer.encode({ kind: 'failure', failure })
    },
    end(comment) {
      if (!committed) commit()
      client.end(gathered + comment)
      gathered = ''
    },
    ending: () => ending,
    kept: () => kept,
    continueAfter: writer.continueAfter,
    takeOver: writer.takeOver,
  }
}

type Writer = Pick<StreamOut, 'continueAfter' | 'takeOver'> & {
  readonly encode: EventEncoder
  /** Begins anew. */
  readonly restart: () => void
  /** The provider's own text was written in its place. */
  readonly passed: () => void
}

/** The encoder of the client's dialect, kept in step with what others write of the same answer. */
function openWriter(dialect: Dialect, context: AnswerContext, seen: SeenAnswer): Writer {
  let encode: EventEncoder = dialect.encodeStream(context)
  let isRaw = false
  let isContinued = false
  let earlier: Usage | undefined

  const takeOver = (): void => {
    const { id } = seen.head()
    // The provider's own text told the client an id, and later events must name the same.
    encode = dialect.encodeStream(isRaw && id !== undefined && id !== '' ? { ...context, answerId: id } : context)
    isRaw = false
    for (const event of seen.replay()) encode(event)
  }
  return {
    encode: (event) => encode(withEarlier(event, earlier)),
    restart() {
      encode = dialect.encodeStream(context)
      isRaw = false
    },
    passed() {
      isRaw = true
    },
    takeOver,
    continueAfter(usage) {
      if (!isContinued) takeOver()
      isContinued = true
      earlier = usage
      seen.forgetUsage()
    },
  }
}

function withEarlier(event: AnswerEvent, earlier: Usage | undefined): AnswerEvent {
  if (earlier === undefined || event.kind !== 'usage') return event
  return { ...event, usage: addUsage(earlier, event.usage) ?? event.usage }
}
