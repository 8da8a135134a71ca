import type { Json, Opaque } from '#canonical/request.ts'
import type { CandidateScope } from './calls.ts'
import { readCitations } from './citations.ts'

/** What stands beside a text. */
export type Beside = { readonly opaque?: readonly Opaque[]; readonly logprobs?: unknown }

export type TextsDecoder = {
  readonly add: (type: 'text' | 'reasoning', text: string, beside: Beside) => void
  /** Ends the open part: something else follows. */
  readonly close: () => void
  /** Names the sources of the text, from the chunks that told them. */
  readonly cite: (chunks: readonly Json[]) => void
}

type OpenText = { readonly type: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] }

/** Texts and thoughts of a candidate: neighbouring ones of a kind are one part. */
export function decodeTexts({ candidate, emit, nextPart }: CandidateScope): TextsDecoder {
  const texts: string[] = []
  let open: OpenText | undefined

  const close = (): void => {
    if (open !== undefined)
      emit({ kind: 'part_end', candidate, part: open.part, ...(open.opaque.length === 0 ? {} : { opaque: open.opaque }) })
    open = undefined
  }
  const openPart = (type: OpenText['type']): OpenText => {
    if (open?.type === type) return open
    close()
    const opened: OpenText = { type, part: nextPart(), opaque: [] }
    open = opened
    emit({ kind: 'part_start', candidate, part: opened.part, type })
    return opened
  }
  return {
    add(type, text, { opaque, logprobs }) {
      if (text === '' && opaque === undefined) return
      // A signature on an empty text belongs to what is open; after all else it is kept like a thought, for which others have a place.
      const into = text === '' ? (open ?? openPart('reasoning')) : openPart(type)
      if (text !== '')
        emit({ kind: 'part_delta', candidate, part: into.part, text, ...(logprobs === undefined ? {} : { logprobs }) })
      if (type === 'text') texts.push(text)
      if (opaque !== undefined) into.opaque = opaque
    },
    close,
    cite(chunks) {
      const citations = chunks.length === 0 ? [] : readCitations(chunks, texts.join(''))
      if (citations.length === 0) return
      const { part } = openPart('text')
      for (const citation of citations) emit({ kind: 'part_citation', candidate, part, citation })
    },
  }
}
