import type { AnswerEvent, Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import { parseFrames } from '#framing/frames.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { dataFrame, eventFrame } from '#framing/sse-write.ts'
import type { AttemptResult, Consumer, ConsumerPort, CutReason, SpendLimit } from './consumer.ts'
import { cutEvents } from './cut-at-stop.ts'
import { judgeSeen } from './judge.ts'
import type { Prepared } from './prepare.ts'
import type { StreamOut } from './stream-out.ts'

export type StreamContext = {
  readonly prepared: Prepared
  readonly out: StreamOut
  /** Where decoded events go: to the client's encoder, or first through the seam of a continuation. */
  readonly emit: Emit
  /** What it may cost; left out: nobody set a limit. */
  readonly limit?: SpendLimit
}

/** Reads a stream frame by frame and hands it to the client, packet by packet. */
export function consumeStream(context: StreamContext, port: ConsumerPort): Consumer {
  const { prepared, out, limit } = context
  const { dialect, request, passthrough } = prepared
  const reader = readStream(context, port)

  const settle = (): void => {
    const ended = reader.ended()
    if (ended === 'open') return
    if (ended === 'end') port.settle(soundEnd(prepared, out, passthrough))
    else port.settle({ kind: 'failed', failure: ended, ...withUsage(out) })
  }
  /** The provider's last word is missing, and the answer is whole without it: we say it. */
  const sayLastWord = (): void => {
    if (passthrough) out.raw(dialect.passthrough?.closing ?? '')
  }
  return {
    data(bytes) {
      if (reader.push(bytes)) port.life()
      if (reader.ended() !== 'open') return settle()
      const cut = reader.hasContent() ? limit?.reached() : undefined
      if (limit !== undefined && cut !== undefined) {
        reader.close()
        return port.settle(cutShort({ out, limit, cut }, passthrough))
      }
      if (!out.flush()) port.pause()
    },
    end() {
      if (reader.isWhole()) sayLastWord()
      settle()
    },
    broken() {
      if (!reader.isWhole() || out.seen.finishes().length < (request.params.candidates ?? 1)) return
      sayLastWord()
      settle()
    },
  }
}

type StreamReader = {
  /** Whether the packet showed that the model is at work; the clock is asked once for all its events. */
  readonly push: (bytes: Uint8Array) => boolean
  readonly ended: () => 'open' | 'end' | Failure
  readonly hasContent: () => boolean
  /** Nothing more comes, though the provider did not say so: whether what it told is an answer with an end. */
  readonly isWhole: () => boolean
  /** Whatever comes now is left out. */
  readonly close: () => void
}

function readStream({ prepared, out, emit }: StreamContext, port: ConsumerPort): StreamReader {
  const { dialect, request, target, encoded, passthrough } = prepared
  let ended: 'open' | 'end' | Failure = 'open'
  let contentSeen = false
  // A broken event in a sound stream is left out: the vendor's own SDK would choke on it.
  let skipped = false
  let alive = false
  // Whether the last frame that was decoded went on as it came; those that are like it then do.
  let passesAsIs = false

  const note = (event: AnswerEvent): void => {
    if (passthrough) out.note(event)
    // The end is written once the answer has been judged.
    else if (event.kind !== 'end') emit(event)
    if (contentSeen || out.seen.length() === 0) return
    contentSeen = true
    port.content()
  }
  const take = (event: AnswerEvent): void => {
    if (ended !== 'open') return
    if (event.kind === 'failure') {
      ended = event.failure
      return
    }
    if (event.kind === 'end') ended = 'end'
    skipped = event.kind === 'skipped'
    // That a stream was opened shows nothing of the model behind it.
    if (event.kind !== 'start') alive = true
    note(event)
  }
  const names = encoded.names === undefined ? {} : { names: encoded.names }
  const { cutAt } = encoded
  const decoder = dialect.decodeStream(cutAt === undefined ? take : cutEvents(take, cutAt), { request, target, ...names })

  // What told of a failure, or could not be read, stays here.
  const mayPass = (): boolean => passthrough && !skipped && typeof ended === 'string'
  const passed = (frame: SseFrame): string => dialect.passthrough?.frame(frame, request, target) ?? ''
  const corrected = (frame: SseFrame): SseFrame => {
    const data = decoder.corrected?.()
    return data === undefined ? frame : { ...frame, data }
  }
  const readFrame = (frame: SseFrame): void => {
    if (ended !== 'open') return
    skipped = false
    if (decoder.alike?.(frame) === true) {
      if (mayPass()) out.raw(passesAsIs ? asItCame(frame) : passed(frame))
      return
    }
    decoder.frame(frame)
    // An event without data says nothing, and SDKs take it for broken JSON.
    if (!mayPass() || frame.data.trim() === '') return
    const text = passed(corrected(frame))
    passesAsIs = text === asItCame(frame)
    out.raw(text)
  }
  const parser = parseFrames(dialect.framing ?? 'sse', readFrame, (message) => {
    ended = { kind: 'malformed', phase: 'stream', message }
  })
  const hasEnded = (): boolean => ended === 'end'
  return {
    push(bytes) {
      alive = false
      parser.push(bytes)
      return alive
    },
    ended: () => ended,
    hasContent: () => contentSeen,
    isWhole() {
      parser.end()
      if (ended !== 'open') return false
      decoder.end()
      return hasEnded()
    },
    close() {
      ended = 'end'
    },
  }
}

type Cut = { readonly out: StreamOut; readonly limit: SpendLimit; readonly cut: CutReason }

function cutShort({ out, limit, cut }: Cut, passthrough: boolean): AttemptResult {
  if (passthrough) out.takeOver()
  for (const event of limit.closing()) out.event(event)
  return { kind: 'streamed', usage: out.seen.usage(), cut }
}

function asItCame({ event, data }: SseFrame): string {
  return event === '' ? dataFrame(data) : eventFrame(event, data)
}

function soundEnd(prepared: Prepared, out: StreamOut, passthrough: boolean): AttemptResult {
  const usage = out.seen.usage()
  const fault = judgeSeen(prepared.request, out.seen, 'first_token')
  if (fault !== undefined && !out.committed()) return { kind: 'failed', failure: fault, empty: { body: undefined, usage } }
  if (!passthrough) out.event({ kind: 'end' })
  return { kind: 'streamed', usage }
}

function withUsage(out: StreamOut): { readonly usage?: NonNullable<ReturnType<StreamOut['seen']['usage']>> } {
  const usage = out.seen.usage()
  return usage === undefined ? {} : { usage }
}
