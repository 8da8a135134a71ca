import type { Emit } from '#canonical/answer.ts'
import { asArray, asObject, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { decodeChunks } from './chunks.ts'

/** Gemini → canonical, a stream. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  const chunks = decodeChunks(emit, context)
  return {
    frame({ data }) {
      if (data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      if (!parsed.ok) return emit({ kind: 'skipped' })
      const list = Array.isArray(parsed.value) ? asArray(parsed.value) : [parsed.value]
      for (const chunk of list) chunks.read(asObject(chunk))
    },
    end: () => chunks.end(),
  }
}
