import type { AnswerEvent, Emit } from '#canonical/answer.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import type { FrameDecoder } from './dialect.ts'
import { type FrameShape, matchShape, shapeOf } from './frame-shape.ts'

type Delta = Extract<AnswerEvent, { readonly kind: 'part_delta' }>

/** A decoder, and how it takes more text for the part that the last delta was of. Default: it need not know of it. */
export type Decoder = FrameDecoder & { readonly more?: (text: string) => void }

// Frames that are of no common shape cost a little to look at: after so many the stream is not looked at any more.
const mostMisses = 8

/**
 * A decoder that reads the frames of a running text by their shape. Most of a stream is such frames, and parsing each costs more than all
 * else that is done with it. Every frame of another shape is decoded in full, and so are the first two of each run.
 */
export function decodeAlike(make: (emit: Emit) => Decoder, emit: Emit): FrameDecoder {
  let shape: FrameShape | undefined
  let isProven = false
  let misses = 0
  let openText: { readonly candidate: number; readonly part: number } | undefined
  let told = 0
  let delta: Delta | undefined

  const listen = (event: AnswerEvent): void => {
    told++
    if (event.kind === 'part_delta') delta = event
    else if (event.kind === 'part_start') openText = event.type === 'text' || event.type === 'reasoning' ? event : undefined
    emit(event)
  }
  const decoder = make(listen)
  const more = decoder.more ?? ((text: string) => delta !== undefined && emit({ ...delta, text }))

  /** The text that the frame added, when it did nothing else. */
  const plainText = (): string | undefined => {
    if (told !== 1 || delta === undefined || delta.logprobs !== undefined) return undefined
    return openText?.part === delta.part && openText.candidate === delta.candidate ? delta.text : undefined
  }
  const learn = (frame: SseFrame): void => {
    if (misses > mostMisses) return
    const text = plainText()
    if (shape !== undefined && !isProven) {
      // What the shape says must be what the decoder says, once, before it is believed.
      isProven = text !== undefined && matchShape(shape, frame) === text
      if (isProven) {
        misses = 0
        return
      }
      misses++
    }
    shape = text === undefined ? undefined : shapeOf(frame, text)
    isProven = false
  }
  return {
    alike(frame) {
      if (shape === undefined || !isProven) return false
      const text = matchShape(shape, frame)
      if (text === undefined) return false
      more(text)
      return true
    },
    frame(frame) {
      told = 0
      delta = undefined
      decoder.frame(frame)
      learn(frame)
    },
    ...(decoder.corrected === undefined ? {} : { corrected: decoder.corrected }),
    end: decoder.end,
  }
}
