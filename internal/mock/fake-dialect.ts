import type { AnswerPart } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import { dataFrame } from '#framing/sse-write.ts'
import { asNumber, asString, compact } from '#lib/json.ts'
import { err, ok } from '#lib/result.ts'

/** A request of one user message, for tests. */
export function requestFrom(text: string, more: Partial<Request> = {}): Request {
  return {
    dialect: 'openai-chat',
    model: 'mock-1',
    stream: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text }] }],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
    ...more,
  }
}

const unused = (): never => {
  throw new Error('the mock never speaks this side of a dialect')
}

/**
 * The smallest dialect that the mock can play, for tests of what is common to all: `{model, prompt, stream, most}` in,
 * `{text, model, choices}` out; a stream is `open`, the text by pieces, `close` and `[DONE]`.
 */
export const fakeDialect: Dialect = {
  name: 'openai-chat',
  routes: [{ method: 'POST', path: '/v1/chat/completions', operation: 'generate' }],
  decodeRequest({ body }) {
    const model = asString(body['model'])
    if (model === undefined) return err({ kind: 'invalid_request', message: 'model is missing', phase: 'request' })
    const params = compact({ maxOutput: asNumber(body['most']) })
    return ok(requestFrom(asString(body['prompt']) ?? '', { model, stream: body['stream'] === true, params }))
  },
  encodeAnswer: (answer) => ({
    id: answer.id,
    model: answer.model,
    choices: answer.candidates.map(({ parts }) => textOf(parts)),
  }),
  encodeStream: () => (event) => {
    switch (event.kind) {
      case 'start':
        return dataFrame('{"open":true}')
      case 'part_delta':
        return dataFrame(JSON.stringify({ text: event.text }))
      case 'finish':
        return dataFrame(JSON.stringify({ finish: event.finish.reason }))
      case 'end':
        return dataFrame('[DONE]')
      default:
        return ''
    }
  },
  streamContentType: () => 'text/event-stream',
  encodeError: unused,
  encodeRequest: unused,
  decodeAnswer: unused,
  decodeStream: unused,
  decodeError: unused,
  passthrough: { encodeRequest: unused, frame: unused },
}

function textOf(parts: readonly AnswerPart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
