import type { Emit, StreamedPartKind } from '#canonical/answer.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { audioMime, contentText, readAnnotations, readImages, reasoningText } from './answer-content.ts'
import { finishOf } from './finish.ts'
import { detailsOpaque, googleSignature } from './reasoning-details.ts'
import { decodeCalls } from './stream-calls.ts'
import { splitThinkTags } from './think-tags.ts'

/** One choice of a streamed answer. */
export type ChoiceDecoder = {
  /** Gives the entry as a client may have it: the same, unless its calls cannot be told apart. */
  readonly read: (entry: Json) => Json
  readonly finished: () => boolean
  readonly hasContent: () => boolean
  /** Closes what is open and tells the finish. `sources`: what the answer as a whole cites. */
  readonly close: (sources: readonly Citation[]) => void
}

type TextKind = Exclude<StreamedPartKind, 'tool_call'>

export function decodeChoice(candidate: number, emit: Emit, context: DecodeContext): ChoiceDecoder {
  let raw: string | undefined
  const texts = decodeTexts(candidate, emit, context)
  const calls = decodeCalls(candidate, texts.nextPart, emit, context)
  const addText = (text: string): void => texts.add('text', text)
  const tags =
    context.target.quirks.chat?.thinkTags === true ? splitThinkTags((text) => texts.add('reasoning', text), addText) : undefined

  /** Gives the delta with the calls' indexes put right; undefined where they are. */
  const readCalls = (delta: Json): Json | undefined => {
    const fragments = asArray(delta['tool_calls']).map(asObject)
    const legacy = delta['function_call']
    if (fragments.length === 0 && !isObject(legacy)) return undefined
    texts.closeOpen()
    const indexes = fragments.map((fragment) => calls.read(fragment, googleSignature(delta)))
    if (isObject(legacy)) calls.read({ index: 0, function: legacy }, googleSignature(delta))
    if (fragments.every((fragment, at) => fragment['index'] === indexes[at])) return undefined
    return { ...delta, tool_calls: fragments.map((fragment, at) => ({ ...fragment, index: indexes[at] })) }
  }
  return {
    read(entry) {
      const delta = asObject(entry['delta'] ?? entry['message'])
      texts.add('reasoning', reasoningText(delta))
      texts.keepDetails(asArray(delta['reasoning_details']))
      const text = contentText(delta)
      if (tags === undefined) texts.add('text', text, entry['logprobs'])
      else tags.push(text)
      texts.add('refusal', asString(delta['refusal']) ?? '', entry['logprobs'])
      for (const citation of readAnnotations(delta)) texts.cite(citation)
      for (const content of readImages(delta)) texts.whole(content)
      texts.hear(asObject(delta['audio']))
      const corrected = readCalls(delta)
      // Some servers say it twice; an empty one is none.
      raw = asString(entry['finish_reason']) || raw
      return corrected === undefined ? entry : { ...entry, delta: corrected }
    },
    finished: () => raw !== undefined,
    hasContent: texts.hasContent,
    close(sources) {
      tags?.end()
      texts.close(sources)
      calls.close(raw === 'length')
      emit({ kind: 'finish', candidate, finish: finishOf(raw, calls.count() > 0, texts.refused()) })
    },
  }
}

type TextsDecoder = {
  readonly add: (type: TextKind, text: string, logprobs?: unknown) => void
  /** OpenRouter's signatures, which belong to the reasoning that is open. */
  readonly keepDetails: (details: readonly unknown[]) => void
  readonly cite: (citation: Citation) => void
  readonly whole: (content: ReturnType<typeof readImages>[number]) => void
  /** A piece of audio with its transcript. */
  readonly hear: (audio: Json) => void
  readonly nextPart: () => number
  readonly closeOpen: () => void
  readonly close: (sources: readonly Citation[]) => void
  readonly refused: () => boolean
  readonly hasContent: () => boolean
}

/** Everything of a choice but its calls. One text is open at a time: a new kind closes it. */
function decodeTexts(candidate: number, emit: Emit, context: DecodeContext): TextsDecoder {
  const { vendor } = context.target.quirks
  const details: unknown[] = []
  const seen = { parts: 0, refused: false, cited: false, audio: '' }
  let open: { readonly type: TextKind; readonly part: number } | undefined

  const nextPart = (): number => seen.parts++
  const closeOpen = (): void => {
    if (open === undefined) return
    const opaque = open.type === 'reasoning' ? detailsOpaque(details.splice(0), vendor) : []
    emit({ kind: 'part_end', candidate, part: open.part, ...(opaque.length === 0 ? {} : { opaque }) })
    open = undefined
  }
  const opened = (type: TextKind): number => {
    if (open?.type === type) return open.part
    closeOpen()
    open = { type, part: nextPart() }
    emit({ kind: 'part_start', candidate, part: open.part, type })
    return open.part
  }
  const add = (type: TextKind, text: string, logprobs?: unknown): void => {
    if (text === '') return
    if (type === 'refusal') seen.refused = true
    const part = opened(type)
    emit({ kind: 'part_delta', candidate, part, text, ...(logprobs === undefined || logprobs === null ? {} : { logprobs }) })
  }
  const cite = (citation: Citation): void => {
    seen.cited = true
    emit({ kind: 'part_citation', candidate, part: opened('text'), citation })
  }
  return {
    add,
    cite,
    nextPart,
    closeOpen,
    keepDetails(given) {
      details.push(...given)
      if (given.length > 0 && open === undefined) opened('reasoning')
    },
    whole(content) {
      closeOpen()
      emit({ kind: 'part_whole', candidate, part: nextPart(), content })
    },
    hear(audio) {
      add('text', asString(audio['transcript']) ?? '')
      seen.audio += asString(audio['data']) ?? ''
    },
    close(sources) {
      if (!seen.cited && open?.type === 'text') for (const citation of sources) cite(citation)
      closeOpen()
      // What came when the reasoning was over already.
      if (details.length > 0) opened('reasoning')
      closeOpen()
      if (seen.audio === '') return
      const content = { kind: 'audio', mime: audioMime(context.request.raw), data: seen.audio } as const
      emit({ kind: 'part_whole', candidate, part: nextPart(), content })
    },
    refused: () => seen.refused,
    hasContent: () => seen.parts > 0 || seen.audio !== '',
  }
}
