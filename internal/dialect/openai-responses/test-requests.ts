import assert from 'node:assert/strict'
import type { Json, Request } from '#canonical/request.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { ModelTraits } from '../quirks.ts'
import { openaiResponses } from './index.ts'

/** Of a model that takes everything; for tests. */
export const traits: ModelTraits = {
  sampling: 'all',
  reasoning: { kind: 'effort', efforts: ['low', 'medium', 'high'] },
  forcedTool: 'yes',
  prefill: false,
  lateSystem: true,
  imagesInToolResults: true,
  jsonSchema: true,
}
/** The vendor itself. */
export const openai: EncodeTarget = {
  model: 'gpt-5.4',
  quirks: { vendor: 'openai', chat: { systemRole: 'developer' }, responses: { encryptedReasoning: true, customTools: true } },
  traits,
}
/** A server that only speaks the dialect. */
export const other: EncodeTarget = {
  model: 'local',
  quirks: { vendor: 'vllm' },
  traits: { ...traits, imagesInToolResults: false, reasoning: { kind: 'none' } },
}

/** A client's body, read. */
export function decode(body: Json): ReturnType<typeof openaiResponses.decodeRequest> {
  return openaiResponses.decodeRequest({ path: '/v1/responses', query: new URLSearchParams(), headers: {}, body })
}

/** A body that must be readable; the model is added. */
export function request(body: Json): Request {
  const result = decode({ model: 'm', ...body })
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}
