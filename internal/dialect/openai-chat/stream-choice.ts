import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { thinkingText } from './content.ts'
import { readCitation, textOf } from './decode-answer.ts'
import { finishOf } from './finish.ts'
import { reasoningOpaque } from './opaque-fields.ts'
import { decodeCalls } from './stream-calls.ts'

/** One choice of a streamed answer. */
export type ChoiceDecoder = {
  readonly read: (entry: Json) => void
  readonly finished: () => boolean
  readonly hasContent: () => boolean
  /** Closes what is open and tells the finish. */
  readonly close: () => void
}

type Texts = 'text' | 'reasoning' | 'refusal'

export function decodeChoice(candidate: number, emit: Emit, context: DecodeContext): ChoiceDecoder {
  let parts = 0
  let open: { readonly type: Texts; readonly part: number } | undefined
  let raw: string | undefined
  let refused = false
  const opaque: unknown[] = []
  const calls = decodeCalls(candidate, () => parts++, emit, context)

  const closeText = (): void => {
    if (open === undefined) return
    const kept = open.type === 'reasoning' ? reasoningOpaque(opaque.splice(0), context.target.quirks.vendor) : []
    emit({ kind: 'part_end', candidate, part: open.part, ...(kept.length === 0 ? {} : { opaque: kept }) })
    open = undefined
  }
  const openText = (type: Texts): number => {
    if (open?.type === type) return open.part
    closeText()
    open = { type, part: parts++ }
    emit({ kind: 'part_start', candidate, part: open.part, type })
    return open.part
  }
  const add = (type: Texts, text: string, logprobs?: unknown): void => {
    if (text === '') return
    const part = openText(type)
    emit({ kind: 'part_delta', candidate, part, text, ...(logprobs === undefined || logprobs === null ? {} : { logprobs }) })
  }
  return {
    read(entry) {
      const delta = asObject(entry['delta'] ?? entry['message'])
      const { content } = delta
      const thinking = Array.isArray(content) ? thinkingOf(content) : ''
      add('reasoning', asString(delta['reasoning_content']) ?? asString(delta['reasoning']) ?? thinking)
      const details = asArray(delta['reasoning_details'])
      if (details.length > 0) {
        if (open?.type !== 'reasoning' && open === undefined) openText('reasoning')
        opaque.push(...details)
      }
      add('text', typeof content === 'string' ? content : textOf(content), entry['logprobs'])
      const refusal = asString(delta['refusal']) ?? ''
      if (refusal !== '') refused = true
      add('refusal', refusal)
      for (const annotation of asArray(delta['annotations'])) {
        for (const citation of readCitation(asObject(annotation))) emit({ kind: 'part_citation', candidate, part: openText('text'), citation })
      }
      const fragments = asArray(delta['tool_calls']).map(asObject)
      const legacy = delta['function_call']
      if (isObject(legacy)) fragments.push({ index: 0, function: legacy })
      if (fragments.length > 0) closeText()
      for (const fragment of fragments) calls.read(fragment)
      raw = asString(entry['finish_reason']) ?? raw
    },
    finished: () => raw !== undefined,
    hasContent: () => parts > 0,
    close() {
      closeText()
      calls.close()
      emit({ kind: 'finish', candidate, finish: finishOf(raw, calls.count() > 0, refused) })
    },
  }
}

function thinkingOf(content: readonly unknown[]): string {
  return content
    .map(asObject)
    .filter((part) => part['type'] === 'thinking')
    .map((part) => thinkingText(part['thinking']))
    .join('')
}
