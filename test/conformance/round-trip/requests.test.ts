import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part, Request } from '#canonical/request.ts'
import type { Encoded, EncodeTarget } from '#dialect/dialect.ts'
import { dialectByName } from '#dialect/registry.ts'
import type { RoundTripDialect } from './arbitrary-answers.ts'
import { requestsOf } from './arbitrary-requests.ts'
import { plainContext } from './plain-request.ts'
import { requestRanges } from './request-ranges.ts'
import { runs } from './runs.ts'

const names: readonly RoundTripDialect[] = ['openai-chat', 'openai-responses', 'anthropic', 'gemini']

function targetOf(name: RoundTripDialect): EncodeTarget {
  const { target } = plainContext(name)
  const chat = { customTools: true, maxTokensField: 'max_completion_tokens', systemRole: 'system' } as const
  return {
    ...target,
    quirks: {
      ...target.quirks,
      chat: { ...chat, reasoningControl: 'reasoning_effort' },
      responses: { encryptedReasoning: true, customTools: true },
    },
    traits: { ...target.traits, reasoning: requestRanges[name].reasons },
  }
}

function read(name: RoundTripDialect, { path, headers, body }: Encoded): Request {
  const [file = '', query = ''] = path.split('?')
  const model = /models\/(.+):/.exec(file)?.[1]
  const call = {
    path: file,
    query: new URLSearchParams(query),
    headers,
    body: JSON.parse(JSON.stringify(body)),
    ...(model === undefined ? {} : { pathModel: model }),
  }
  const decoded = dialectByName(name).decodeRequest(call)
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message)
  return decoded.value
}

/** What is compared, as JSON: the meaning, not how turns are grouped into messages nor the bodies themselves. */
function essence(request: Request): unknown {
  const { messages, raw: _raw, ext: _ext, includeUsage: _usage, state: _state, framing: _framing, ...rest } = request
  const spoken = messages.flatMap(({ role, parts }) => parts.map((part) => ({ role, part: plain(part) })))
  return JSON.parse(JSON.stringify({ ...rest, spoken }))
}

/** The name of a result's function is looked up from its call. */
function plain(part: Part): Part {
  return part.kind === 'tool_result' ? { ...part, name: '' } : part
}

for (const name of names) {
  test(`${name}: a request that is written and read again is the same, and nothing is lost`, () => {
    fc.assert(
      fc.property(requestsOf(name), (request) => {
        const encoded = dialectByName(name).encodeRequest(request, targetOf(name))
        assert.deepEqual(encoded.losses, [])
        assert.deepEqual(essence(read(name, encoded)), essence(request))
      }),
      { numRuns: runs },
    )
  })
}
