import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import type { JsonObject } from '#lib/json.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

let vendor: VendorServer
let relay: RelayProcess

type Fragment = { readonly index?: unknown; readonly id?: string; readonly name?: string; readonly args: string }

/** What servers of OpenAI's API have been seen to stream, by the name of the model; fragments in order. */
const streams: Readonly<Record<string, readonly Fragment[]>> = {
  // Ollama and others, earlier versions.
  'no-index': [
    { id: 'a', name: 'first', args: '{"x":1}' },
    { id: 'b', name: 'second', args: '{"y":2}' },
  ],
  'no-index-in-fragments': [
    { id: 'a', name: 'first', args: '{"x"' },
    { args: ':1}' },
    { id: 'b', name: 'second', args: '{"y"' },
    { args: ':2}' },
  ],
  null: [
    { index: null, id: 'a', name: 'first', args: '{"x":1}' },
    { index: null, id: 'b', name: 'second', args: '{"y":2}' },
  ],
  // Gemini's layer for OpenAI.
  'all-zero': [
    { index: 0, id: 'a', name: 'first', args: '{"x":1}' },
    { index: 0, id: 'b', name: 'second', args: '{"y":2}' },
  ],
  sound: [
    { index: 0, id: 'a', name: 'first', args: '{"x"' },
    { index: 1, id: 'b', name: 'second', args: '{"y":2}' },
    { index: 0, args: ':1}' },
  ],
}

function chunkOf({ index, id, name, args }: Fragment): JsonObject {
  const call = { ...(index === undefined ? {} : { index }), id, type: 'function', function: { name, arguments: args } }
  return { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }], vendor_field: 1.5 }
}

before(async () => {
  vendor = await startVendor(({ body }) => {
    const chunks = [
      { choices: [{ index: 0, delta: { role: 'assistant', content: 'Hm' }, finish_reason: null }] },
      ...(streams[String(body['model'])] ?? []).map(chunkOf),
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    ]
    const text = chunks.map((chunk) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...chunk })}\n\n`)
    return { headers: { 'content-type': 'text/event-stream' }, body: `${text.join('')}data: [DONE]\n\n` }
  })
  relay = await startRelay(
    `version: 1\nproviders:\n  own: { type: openai-compatible, api_key: k, base_url: "${vendor.url}" }\nmodels:\n  "*": { targets: ["own/*"] }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

const question = { messages: [{ role: 'user' as const, content: 'go' }] }

for (const model of Object.keys(streams)) {
  test(`OpenAI\u2019s SDK tells the calls of a stream apart: ${model}`, async () => {
    const client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'k', maxRetries: 0 })
    const final = await client.chat.completions.stream({ model, ...question }).finalChatCompletion()
    const calls = (final.choices[0]?.message.tool_calls ?? []).map((call) => call.type === 'function' && [call.id, call.function])
    assert.deepEqual(calls, [
      ['a', { name: 'first', arguments: '{"x":1}' }],
      ['b', { name: 'second', arguments: '{"y":2}' }],
    ])
  })
}

test('a stream whose calls have indexes passes as it came', async () => {
  const ask = async (base: string): Promise<string> => {
    const response = await fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sound', stream: true, ...question }),
    })
    return (await response.text()).replace(/: outrigger.*\n\n/, '')
  }
  assert.equal(await ask(`${relay.url}/v1`), await ask(vendor.url))
})
