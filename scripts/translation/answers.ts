import type { Answer, FinishReason } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { dialectByName } from '#dialect/registry.ts'
import { asArray, asObject, isObject, type JsonObject } from '#lib/json.ts'
import { table } from './table.ts'

const reasons: readonly FinishReason[] = [
  ...([
    'stop',
    'stop_sequence',
    'length',
    'context_window',
    'tool_calls',
    'refusal',
    'content_filter',
    'pause',
    'other',
  ] as const),
]

/** How the clients of each dialect are told why an answer ended, and what it used. */
export function answerTables(): string {
  return [
    '## Answers',
    'Why an answer ended, in the words of each client:',
    table(['what happened', ...dialects.map(({ title }) => title)], reasons.map(finishRow)),
    'Usage, for an answer whose model read 1000 tokens (200 of them from a cache, 100 into it) and wrote 500 (50 of them thoughts):',
    table(
      ['client', 'usage'],
      dialects.map((dialect) => [dialect.title, usageText(dialect.usage(written(dialect.name, 'stop')))]),
    ),
  ].join('\n\n')
}

type AnswerDialect = {
  readonly name: Request['dialect']
  readonly title: string
  readonly finish: (body: JsonObject) => unknown
  readonly usage: (body: JsonObject) => unknown
}

const dialects: readonly AnswerDialect[] = [
  {
    name: 'openai-chat',
    title: 'Chat Completions',
    finish: (body) => asObject(asArray(body['choices'])[0])['finish_reason'],
    usage: (body) => body['usage'],
  },
  {
    name: 'openai-responses',
    title: 'Responses',
    finish: (body) => [body['status'], asObject(body['incomplete_details'])['reason']].filter(Boolean).join(': '),
    usage: (body) => body['usage'],
  },
  { name: 'anthropic', title: 'Messages', finish: (body) => body['stop_reason'], usage: (body) => body['usage'] },
  {
    name: 'gemini',
    title: 'generateContent',
    finish: (body) => asObject(asArray(body['candidates'])[0])['finishReason'],
    usage: (body) => body['usageMetadata'],
  },
]

function finishRow(reason: FinishReason): readonly string[] {
  return [reason, ...dialects.map(({ name, finish }) => `\`${String(finish(written(name, reason)))}\``)]
}

/** An answer as a client of the dialect gets it. */
function written(dialect: Request['dialect'], reason: FinishReason): JsonObject {
  const call = { kind: 'tool_call', id: 'call_1', name: 'f', args: '{}' } as const
  const answer: Answer = {
    id: 'x',
    model: 'm',
    created: 0,
    candidates: [
      {
        index: 0,
        parts: [reason === 'tool_calls' ? call : { kind: 'text', text: 'Hi.' }],
        finish: { reason, ...(reason === 'stop_sequence' ? { sequence: 'END' } : {}) },
      },
    ],
    usage: { input: 1000, output: 500, cacheRead: 200, cacheWrite: 100, reasoning: 50 },
  }
  const request: Request = {
    dialect,
    model: 'm',
    stream: false,
    messages: [],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
  return dialectByName(dialect).encodeAnswer(answer, { request, requestId: 'r', nowSeconds: 0 })
}

function usageText(usage: unknown): string {
  return fieldsOf(usage, '').join(', ')
}

function fieldsOf(value: unknown, path: string): readonly string[] {
  if (!isObject(value)) return [`\`${path}\` ${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([key, entry]) => fieldsOf(entry, path === '' ? key : `${path}.${key}`))
}
