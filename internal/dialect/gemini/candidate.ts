import type { AnswerMediaPart, AnswerServerToolPart } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import { type CandidateScope, decodeCalls } from './calls.ts'
import { blockedFinish, finishOf, reasonWord } from './finish.ts'
import { readLogprobs } from './logprobs.ts'
import { type Beside, decodeTexts } from './texts.ts'

export type CandidateDecoder = {
  readonly read: (entry: Json) => void
  /** The prompt was blocked: there will be no content. */
  readonly block: (reason: string) => void
  readonly finished: () => boolean
  /** Whether anything came. */
  readonly hasParts: () => boolean
  readonly close: () => void
}

/** The parts of one candidate, chunk by chunk. */
export function decodeCandidate(shared: Omit<CandidateScope, 'nextPart'>): CandidateDecoder {
  const { candidate, emit } = shared
  const { vendor, fieldsOf = vendor } = shared.context.target.quirks
  let parts = 0
  const nextPart = (): number => parts++
  const scope: CandidateScope = { ...shared, nextPart }
  const texts = decodeTexts(scope)
  const calls = decodeCalls(scope)
  const sourced: Json[] = []
  let raw: string | undefined
  let blocked: string | undefined

  const addPart = (part: Json, logprobs: unknown): void => {
    const signed = signatureOf(part, vendor)
    if (typeof part['text'] === 'string')
      return texts.add(part['thought'] === true ? 'reasoning' : 'text', part['text'], { ...signed, logprobs })
    if (isObject(part['functionCall'])) {
      texts.close()
      return calls.read(part['functionCall'], signed.opaque)
    }
    const content = wholePart(part, fieldsOf, signed)
    if (content === undefined) return texts.add('text', '', signed)
    texts.close()
    emit({ kind: 'part_whole', candidate, part: nextPart(), content })
  }
  return {
    read(entry) {
      const content = asArray(asObject(entry['content'])['parts']).map(asObject)
      const logprobs = readLogprobs(entry['logprobsResult'])
      const spoken = logprobs === undefined ? -1 : content.findIndex(isSpoken)
      for (const [index, part] of content.entries()) addPart(part, index === spoken ? logprobs : undefined)
      if (isObject(entry['groundingMetadata']) || isObject(entry['citationMetadata'])) sourced.push(entry)
      raw = reasonWord(entry['finishReason']) ?? raw
    },
    block(reason) {
      blocked = reason
    },
    finished: () => raw !== undefined || blocked !== undefined,
    hasParts: () => parts > 0,
    close() {
      texts.cite(sourced)
      texts.close()
      calls.close()
      const finish = blocked === undefined ? finishOf(raw, calls.count() > 0) : blockedFinish(blocked)
      emit({ kind: 'finish', candidate, finish })
    },
  }
}

function isSpoken(part: Json): boolean {
  return typeof part['text'] === 'string' && part['text'] !== '' && part['thought'] !== true
}

function signatureOf(part: Json, vendor: string): Pick<Beside, 'opaque'> {
  const data = asString(part['thoughtSignature'])
  return data === undefined || data === '' ? {} : { opaque: [{ vendor, kind: 'signature', data }] }
}

/** Media, and parts of tools that run at Google: they come in one piece. An image of the model's thoughts is not the answer. */
function wholePart(
  part: Json,
  vendor: string,
  signed: Pick<Beside, 'opaque'>,
): AnswerMediaPart | AnswerServerToolPart | undefined {
  const inline = asObject(part['inlineData'])
  const mime = asString(inline['mimeType']) ?? ''
  const data = asString(inline['data'])
  const kind = mime.startsWith('image/') ? 'image' : mime.startsWith('audio/') ? 'audio' : undefined
  if (kind !== undefined && data !== undefined && part['thought'] !== true) return { kind, mime, data, ...signed }
  const type = Object.keys(part).find((key) => key !== 'thought' && key !== 'thoughtSignature')
  return type === undefined ? undefined : { kind: 'server_tool', type, vendor, raw: part }
}
