import type { Emit } from '#canonical/answer.ts'
import { asArray, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { decodeChunks } from './chunks.ts'

/** Gemini → canonical, a stream. Its end is the end of the bytes: usage and citations may come after the finish reason. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  const chunks = decodeChunks(emit, context)
  return {
    frame({ data }) {
      // Relays in front of Gemini add OpenAI's last frame.
      if (data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      const read = parsed.ok ? (Array.isArray(parsed.value) ? asArray(parsed.value) : [parsed.value]) : []
      const sound = read.filter(isObject)
      if (sound.length === 0) emit({ kind: 'skipped' })
      for (const chunk of sound) chunks.read(chunk)
    },
    end: () => chunks.end(false),
  }
}
