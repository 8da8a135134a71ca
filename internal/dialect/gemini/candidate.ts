import type { Emit } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { finishOf } from './finish.ts'
import { createPartialArgs, type PartialArgs } from './partial-args.ts'

export type CandidateDecoder = {
  readonly read: (entry: Json) => void
  readonly finish: (raw: string) => void
  readonly finished: () => boolean
  readonly close: () => void
}

const newId = createIds()

/** The parts of one candidate. Neighbouring texts are one part; a function call comes whole, or in `partialArgs`. */
export function decodeCandidate(candidate: number, emit: Emit, context: DecodeContext): CandidateDecoder {
  const { vendor } = context.target.quirks
  let parts = 0
  let calls = 0
  let raw: string | undefined
  let text = ''
  let open: { readonly type: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] } | undefined
  let partial: { readonly part: number; readonly args: PartialArgs } | undefined

  const closeText = (): void => {
    if (open !== undefined) emit({ kind: 'part_end', candidate, part: open.part, ...(open.opaque.length === 0 ? {} : { opaque: open.opaque }) })
    open = undefined
  }
  const closePartial = (): void => {
    if (partial === undefined) return
    emit({ kind: 'part_delta', candidate, part: partial.part, text: partial.args.text() })
    emit({ kind: 'part_end', candidate, part: partial.part })
    partial = undefined
  }
  const addText = (type: 'text' | 'reasoning', piece: string, signature: unknown): void => {
    if (piece === '' && signature === undefined) return
    if (piece === '' && open === undefined) return openEmpty(signature)
    if (open?.type !== type && piece !== '') {
      closeText()
      open = { type, part: parts++, opaque: [] }
      emit({ kind: 'part_start', candidate, part: open.part, type })
    }
    if (open === undefined) return
    if (piece !== '') emit({ kind: 'part_delta', candidate, part: open.part, text: piece })
    if (type === 'text') text += piece
    if (signature !== undefined) open.opaque = [{ vendor, kind: 'signature', data: signature }]
  }
  /** A signature on an empty text after everything else is kept in a part of its own. */
  const openEmpty = (signature: unknown): void => {
    open = { type: 'reasoning', part: parts++, opaque: [{ vendor, kind: 'signature', data: signature }] }
    emit({ kind: 'part_start', candidate, part: open.part, type: 'reasoning' })
    closeText()
  }
  const addCall = (call: Json, signature: unknown): void => {
    closeText()
    if (partial !== undefined && call['name'] === undefined) {
      partial.args.add(asArray(call['partialArgs']))
      if (call['willContinue'] !== true) closePartial()
      return
    }
    closePartial()
    calls++
    const given = asString(call['name']) ?? ''
    const name = context.names?.get(given) ?? given
    const custom = context.request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
    const part = parts++
    const opaque = signature === undefined ? {} : { opaque: [{ vendor, kind: 'signature', data: signature } as const] }
    emit({ kind: 'part_start', candidate, part, type: 'tool_call', id: asString(call['id']) ?? `call_${newId()}`, name, ...(custom ? { custom } : {}), ...opaque })
    if (call['willContinue'] === true || Array.isArray(call['partialArgs'])) {
      partial = { part, args: createPartialArgs(asObject(call['args'])) }
      partial.args.add(asArray(call['partialArgs']))
      if (call['willContinue'] !== true) closePartial()
      return
    }
    const args = asObject(call['args'])
    emit({ kind: 'part_delta', candidate, part, text: custom ? (asString(args['input']) ?? '') : JSON.stringify(args) })
    emit({ kind: 'part_end', candidate, part })
  }
  const addPart = (part: Json): void => {
    const signature = part['thoughtSignature']
    const call = part['functionCall']
    const inline = part['inlineData']
    if (typeof part['text'] === 'string') return addText(part['thought'] === true ? 'reasoning' : 'text', part['text'], signature)
    if (isObject(call)) return addCall(call, signature)
    closeText()
    if (isObject(inline)) {
      const mime = asString(inline['mimeType']) ?? 'application/octet-stream'
      const kind = mime.startsWith('audio/') ? 'audio' : 'image'
      return emit({ kind: 'part_whole', candidate, part: parts++, content: { kind, mime, data: asString(inline['data']) ?? '' } })
    }
    const [type] = Object.keys(part).filter((key) => key !== 'thought' && key !== 'thoughtSignature')
    if (type !== undefined) emit({ kind: 'part_whole', candidate, part: parts++, content: { kind: 'server_tool', type, vendor, raw: part } })
  }
  return {
    read(entry) {
      for (const part of asArray(asObject(entry['content'])['parts'])) addPart(asObject(part))
      const number = open?.type === 'text' ? open.part : undefined
      if (number !== undefined) for (const citation of citationsOf(entry, text)) emit({ kind: 'part_citation', candidate, part: number, citation })
      const finish = entry['finishReason']
      if (finish !== undefined && finish !== null && finish !== 'FINISH_REASON_UNSPECIFIED') raw = String(finish)
    },
    finish(reason) {
      raw = reason
    },
    finished: () => raw !== undefined,
    close() {
      closeText()
      closePartial()
      emit({ kind: 'finish', candidate, finish: finishOf(raw ?? 'STOP', calls > 0) })
    },
  }
}

/** Sources of the text. Gemini counts bytes of UTF-8; we count characters. */
function citationsOf(entry: Json, text: string): readonly Citation[] {
  const grounding = asObject(entry['groundingMetadata'])
  const webs = asArray(grounding['groundingChunks']).map((chunk) => asObject(asObject(chunk)['web']))
  const bytes = Buffer.from(text)
  const characters = (offset: unknown): number | undefined => (asNumber(offset) === undefined ? undefined : bytes.subarray(0, asNumber(offset)).toString('utf8').length)
  return asArray(grounding['groundingSupports']).flatMap((support): readonly Citation[] => {
    const segment = asObject(asObject(support)['segment'])
    return asArray(asObject(support)['groundingChunkIndices']).flatMap((index) => {
      const web = webs[asNumber(index) ?? -1]
      if (web === undefined) return []
      return [compact({ url: asString(web['uri']), title: asString(web['title']), citedText: asString(segment['text']), start: characters(segment['startIndex'] ?? 0), end: characters(segment['endIndex']) })]
    })
  })
}
