import type { Emit } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeCalls } from './calls.ts'
import { citationsOf } from './citations.ts'
import { finishOf } from './finish.ts'

export type CandidateDecoder = {
  readonly read: (entry: Json) => void
  readonly finish: (raw: string) => void
  readonly finished: () => boolean
  readonly close: () => void
}

type OpenText = { readonly type: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] }

/** The parts of one candidate. Neighbouring texts of a kind are one part. */
export function decodeCandidate(candidate: number, emit: Emit, context: DecodeContext): CandidateDecoder {
  const { vendor } = context.target.quirks
  let parts = 0
  let raw: string | undefined
  let text = ''
  let open: OpenText | undefined
  const calls = decodeCalls(candidate, () => parts++, emit, context)

  const closeText = (): void => {
    if (open !== undefined)
      emit({ kind: 'part_end', candidate, part: open.part, ...(open.opaque.length === 0 ? {} : { opaque: open.opaque }) })
    open = undefined
  }
  const openText = (type: OpenText['type']): OpenText => {
    if (open?.type === type) return open
    closeText()
    const opened: OpenText = { type, part: parts++, opaque: [] }
    open = opened
    emit({ kind: 'part_start', candidate, part: opened.part, type })
    return opened
  }
  const addText = (type: OpenText['type'], piece: string, signature: unknown): void => {
    if (piece === '' && signature === undefined) return
    // A signature on an empty text belongs to what is open; after everything else it is kept in a part of its own.
    const into = piece === '' ? (open ?? openText('reasoning')) : openText(type)
    if (piece !== '') emit({ kind: 'part_delta', candidate, part: into.part, text: piece })
    if (type === 'text') text += piece
    if (signature !== undefined) into.opaque = [{ vendor, kind: 'signature', data: signature }]
  }
  const addPart = (part: Json): void => {
    if (typeof part['text'] === 'string')
      return addText(part['thought'] === true ? 'reasoning' : 'text', part['text'], part['thoughtSignature'])
    closeText()
    if (isObject(part['functionCall'])) return calls.read(part['functionCall'], part['thoughtSignature'])
    addWhole(part, () => parts++, { candidate, vendor, emit })
  }
  return {
    read(entry) {
      for (const part of asArray(asObject(entry['content'])['parts'])) addPart(asObject(part))
      if (open?.type === 'text')
        for (const citation of citationsOf(entry, text)) emit({ kind: 'part_citation', candidate, part: open.part, citation })
      const finish = entry['finishReason']
      if (finish !== undefined && finish !== null && finish !== 'FINISH_REASON_UNSPECIFIED') raw = String(finish)
    },
    finish(reason) {
      raw = reason
    },
    finished: () => raw !== undefined,
    close() {
      closeText()
      calls.close()
      emit({ kind: 'finish', candidate, finish: finishOf(raw ?? 'STOP', calls.count() > 0) })
    },
  }
}

/** Media, and parts of tools that run at Google: they come in one piece. */
function addWhole(
  part: Json,
  nextPart: () => number,
  { candidate, vendor, emit }: { readonly candidate: number; readonly vendor: string; readonly emit: Emit },
): void {
  const inline = part['inlineData']
  if (isObject(inline)) {
    const mime = asString(inline['mimeType']) ?? 'application/octet-stream'
    const kind = mime.startsWith('audio/') ? 'audio' : 'image'
    return emit({
      kind: 'part_whole',
      candidate,
      part: nextPart(),
      content: { kind, mime, data: asString(inline['data']) ?? '' },
    })
  }
  const type = Object.keys(part).find((key) => key !== 'thought' && key !== 'thoughtSignature')
  if (type !== undefined)
    emit({ kind: 'part_whole', candidate, part: nextPart(), content: { kind: 'server_tool', type, vendor, raw: part } })
}
