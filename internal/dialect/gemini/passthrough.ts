import type { Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { pathOf } from './encode-request.ts'

/** The model is in the path; the body goes as it came. Clients that want a JSON array are served by `encodeStream`. */
function encodeRequest(request: Request, { model }: EncodeTarget): Encoded {
  return { path: pathOf(model, request.stream), headers: {}, body: request.raw, losses: [] }
}

/** Google's SDK reads `data:` lines only. */
function frame({ data }: SseFrame): string {
  return data.trim() === '[DONE]' ? '' : `data: ${data}\r\n\r\n`
}

export const passthrough: Passthrough = { encodeRequest, frame }
