import type { Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { eventFrame } from '#framing/sse-write.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'

function encodeRequest(request: Request, { model, quirks }: EncodeTarget): Encoded {
  return { path: '/v1/messages', headers: { 'anthropic-version': quirks.anthropic?.version ?? '2023-06-01' }, body: { ...request.raw, model }, losses: [] }
}

/**
 * Everything passes that Anthropic's SDK can read. Some servers end with `data: [DONE]`, which it cannot; events without a
 * name, which it would leave out, get theirs from the type.
 */
function frame({ event, data }: SseFrame): string {
  if (data.trim() === '[DONE]') return ''
  const name = event === '' || event === 'data' ? /"type"\s*:\s*"([a-z_]+)"/.exec(data)?.[1] : event
  return name === undefined ? '' : eventFrame(name, data)
}

export const passthrough: Passthrough = { encodeRequest, frame }
