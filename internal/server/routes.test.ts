import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialects } from '#dialect/registry.ts'
import { createRouter, type Match } from './routes.ts'

const route = createRouter(dialects)

function told(match: Match): string {
  switch (match.kind) {
    case 'dialect':
      return `${match.dialect.name} ${match.route.operation}${match.pathModel === undefined ? '' : ` ${match.pathModel}`}`
    case 'operation':
      return `${match.operation.name} ${match.operation.api} ${match.operation.pathModel ?? match.operation.path}`
    case 'models':
      return `models ${match.form}${match.id === undefined ? '' : ` ${match.id}`}`
    case 'provider':
      return `provider ${match.name} ${match.rest}`
    case 'wrong_method':
      return `wrong method, use ${match.allow}`
    case 'unknown':
      return 'unknown'
  }
}

const cases: readonly [string, string, string][] = [
  ['POST', '/v1/chat/completions', 'openai-chat generate'],
  ['POST', '/chat/completions', 'openai-chat generate'],
  ['POST', '/v1/responses', 'openai-responses generate'],
  ['POST', '/v1/messages', 'anthropic generate'],
  ['POST', '/v1/messages/count_tokens', 'anthropic count_tokens'],
  ['POST', '/v1beta/models/gemini-3.7-flash:generateContent', 'gemini generate gemini-3.7-flash'],
  ['POST', '/v1beta/models/openai/gpt-5.6:streamGenerateContent', 'gemini generate openai/gpt-5.6'],
  ['POST', '/v1beta/models/a%2Fb:countTokens', 'gemini count_tokens a/b'],
  ['POST', '/v1beta/openai/gpt-5.6:generateContent', 'gemini generate openai/gpt-5.6'],
  ['GET', '/v1/models', 'models openai_or_anthropic'],
  ['GET', '/v1/models/smart', 'models openai_or_anthropic smart'],
  ['GET', '/v1/models/%zz', 'unknown'],
  ['GET', '/v1beta/models', 'models gemini'],
  ['GET', '/v1/chat/completions', 'wrong method, use POST'],
  ['DELETE', '/v1/models', 'wrong method, use GET'],
  ['PUT', '/providers/openai/files/a', 'provider openai /files/a'],
  ['POST', '/v1/embeddings', 'embeddings openai /embeddings'],
  ['POST', '/images/generations', 'images openai /images/generations'],
  ['POST', '/v1/audio/transcriptions', 'audio openai /audio/transcriptions'],
  ['POST', '/v1/moderations', 'moderations openai /moderations'],
  ['POST', '/v1/rerank', 'rerank openai /rerank'],
  ['GET', '/v1/rerank', 'wrong method, use POST'],
  ['POST', '/v1beta/models/text-embedding-5:embedContent', 'embeddings gemini text-embedding-5'],
  ['POST', '/v1beta/models/openai%2Fa:batchEmbedContents', 'embeddings gemini openai/a'],
  ['POST', '/v1/audio/../x', 'unknown'],
  ['POST', '/nothing', 'unknown'],
  ['POST', '/v1beta/models/%E0%A4%A:generateContent', 'wrong method, use GET'],
]

for (const [method, path, expected] of cases) {
  test(`routes: ${method} ${path}`, () => assert.equal(told(route(method, path)), expected))
}
