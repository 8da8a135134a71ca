import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { asArray, asObject } from '#lib/json.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type Arrived, startVendor, type VendorAnswer, type VendorServer } from '../support/vendor-server.ts'

const mail = 'jane@example.com'
const card = '4111 1111 1111 1111'

let vendor: VendorServer
let hook: VendorServer
let relay: RelayProcess
let openai: OpenAI
let anthropic: Anthropic
let gemini: GoogleGenAI
let hookSays: (request: Arrived) => VendorAnswer | Promise<VendorAnswer> = () => ({ status: 204, body: '' })

/** Answers with a mail address and a card, in pieces of three characters where a stream is asked for. */
function answer({ path, body }: Arrived): VendorAnswer {
  if (path.endsWith('/embeddings')) {
    const data = [{ object: 'embedding', index: 0, embedding: [1, 0] }]
    return { body: JSON.stringify({ object: 'list', model: 'chatty', data, usage: { prompt_tokens: 1, total_tokens: 1 } }) }
  }
  const long = JSON.stringify(body['messages']).includes('at length') ? ' and on'.repeat(2000) : ''
  const content = `Write to ${mail}, pay with ${card}. Done.${long}`
  const head = { id: 'chatcmpl-1', created: 1, model: 'chatty' }
  if (body['stream'] !== true) {
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
    return { body: JSON.stringify({ ...head, object: 'chat.completion', choices, usage }) }
  }
  const chunk = (choice: object): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`
  const pieces = content.match(/.{1,3}/gs) ?? []
  const stream = pieces.map((piece) => chunk({ delta: { role: 'assistant', content: piece } })).join('')
  return {
    headers: { 'content-type': 'text/event-stream' },
    body: `${stream}${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`,
  }
}

before(async () => {
  vendor = await startVendor(answer)
  hook = await startVendor((request) => hookSays(request))
  relay = await startRelay(`version: 1
providers: { local: { type: openai-compatible, base_url: "${vendor.url}/v1" } }
models:
  "*": { targets: ["local/*"] }
guardrails:
  - name: pii
    when: { model: "guarded*" }
    redact: { patterns: [email, credit_card, { name: order, pattern: "ORD-\\\\d+" }], in: [request, response] }
  - { name: secrets, when: { model: strict }, redact: { patterns: [api_key], on_match: deny } }
  - { name: sizes, when: { model: "small*" }, max_request: 2KiB, max_response: 1000B }
  - { name: catalogue, when: { header: { x-app: kiosk } }, models: ["guarded*", small] }
  - name: desk
    when: { model: asked }
    hook: { url: "${hook.url}/check", token: hook-secret, timeout: 300ms }
  - name: lenient
    when: { model: lenient }
    hook: { url: "${hook.url}/check", timeout: 300ms, on_failure: open }
cache: { ttl: 1m }
health: { probe: off }
`)
  openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: relay.url, apiKey: 'none', maxRetries: 0 })
  gemini = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: relay.url, retryOptions: { attempts: 1 } } })
})
after(async () => {
  await relay?.stop()
  await Promise.all([vendor?.close(), hook?.close()])
})

const chat = (model: string, content: string): Promise<OpenAI.ChatCompletion> =>
  openai.chat.completions.create({ model, messages: [{ role: 'user', content }] })

const lastArrived = (): string => vendor.arrived().at(-1)?.text ?? ''

const clean = 'Write to [email], pay with [credit_card]. Done.'

test('what leaves and what comes back is redacted, whole, in every dialect', async () => {
  const question = `I am ${mail}, order ORD-123`
  const expected = 'I am [email], order [order]'
  assert.equal((await chat('guarded', question)).choices[0]?.message.content, clean)
  assert.ok(lastArrived().includes(expected))
  const message = await anthropic.messages.create({
    model: 'guarded-a',
    max_tokens: 50,
    messages: [{ role: 'user', content: question }],
  })
  assert.equal(message.content[0]?.type === 'text' && message.content[0].text, clean)
  assert.ok(lastArrived().includes(expected))
  assert.equal((await gemini.models.generateContent({ model: 'guarded-g', contents: question })).text, clean)
  assert.ok(lastArrived().includes(expected))
  assert.equal((await openai.responses.create({ model: 'guarded-r', input: question })).output_text, clean)
  assert.ok(lastArrived().includes(expected) && !lastArrived().includes(mail))
})

test('a stream is redacted where a match lies across its pieces, in every dialect', async () => {
  let text = ''
  const stream = await openai.chat.completions.create({
    model: 'guarded',
    stream: true,
    messages: [{ role: 'user', content: 'stream' }],
  })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  assert.equal(text, clean)
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'stream a' }]
  assert.equal(await anthropic.messages.stream({ model: 'guarded', max_tokens: 50, messages }).finalText(), clean)
  text = ''
  for await (const chunk of await gemini.models.generateContentStream({ model: 'guarded', contents: 'stream g' }))
    text += chunk.text ?? ''
  assert.equal(text, clean)
  text = ''
  for await (const event of await openai.responses.create({ model: 'guarded', input: 'stream r', stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  assert.equal(text, clean)
})

test('tools get their arguments redacted, and embeddings and token counts their texts', async () => {
  await openai.chat.completions.create({
    model: 'guarded',
    messages: [
      { role: 'user', content: 'call' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'send', arguments: `{"to":"${mail}"}` } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: `sent to ${mail}` },
    ],
  })
  assert.ok(!lastArrived().includes(mail) && lastArrived().includes('sent to [email]'))
  await openai.embeddings.create({ model: 'guarded', input: `vector of ${mail}` })
  assert.ok(lastArrived().includes('vector of [email]'))
})

test('a model without a guardrail passes as it is', async () => {
  assert.equal((await chat('free', `I am ${mail}`)).choices[0]?.message.content, `Write to ${mail}, pay with ${card}. Done.`)
  assert.ok(lastArrived().includes(mail))
})

test('what a guardrail denies is an error of the dialect, and nothing of it leaves', async () => {
  const before = vendor.arrived().length
  const secret = `my key is sk-ant-${'a'.repeat(40)}`
  await assert.rejects(chat('strict', secret), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.equal(error.code, 'guardrail_denied')
    assert.match(error.message, /secrets found what must not be sent: api_key/)
    assert.ok(!error.message.includes('sk-ant'))
    return true
  })
  const asked = anthropic.messages.create({ model: 'strict', max_tokens: 50, messages: [{ role: 'user', content: secret }] })
  await assert.rejects(asked, Anthropic.BadRequestError)
  await assert.rejects(gemini.models.generateContent({ model: 'strict', contents: secret }), /guardrail/i)
  assert.equal(vendor.arrived().length, before)
})

test('a request that is too large, and a model that is not on the list, are refused', async () => {
  await assert.rejects(
    chat('small', 'x'.repeat(3000)),
    (error) => error instanceof OpenAI.APIError && error.status === 413 && error.code === 'request_too_large',
  )
  const kiosk = { headers: { 'x-app': 'kiosk' } }
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }]
  await assert.rejects(
    openai.chat.completions.create({ model: 'free', messages }, kiosk),
    (error) => error instanceof OpenAI.PermissionDeniedError && error.code === 'model_not_allowed',
  )
  await openai.chat.completions.create({ model: 'small', messages }, kiosk)
})

test('an answer that is too large is an error when it is whole, and ends at the limit when it is streamed', async () => {
  await assert.rejects(
    chat('small', 'at length'),
    (error) => error instanceof OpenAI.BadRequestError && error.code === 'response_too_large',
  )
  let text = ''
  let finish: string | null = null
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'at length' }]
  for await (const chunk of await openai.chat.completions.create({ model: 'small', stream: true, messages })) {
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
  }
  assert.deepEqual([text.length, finish], [1000, 'length'])
})

test('a hook hears who asks what, with its own secret and without the client’s key, and may allow, rewrite and deny', async () => {
  await chat('asked', 'allowed?')
  const heard = hook.arrived().at(-1)
  assert.equal(heard?.headers.authorization, 'Bearer hook-secret')
  const { guardrail, dialect, model, body } = heard?.body ?? {}
  assert.deepEqual([guardrail, dialect, model], ['desk', 'openai-chat', 'asked'])
  hookSays = () => ({
    body: JSON.stringify({
      action: 'rewrite',
      body: { ...asObject(body), model: 'other', messages: [{ role: 'user', content: 'rewritten' }] },
    }),
  })
  await chat('asked', 'what I said')
  const arrived = vendor.arrived().at(-1)?.body
  assert.equal(arrived?.['model'], 'other')
  assert.equal(asObject(asArray(arrived?.['messages'])[0])['content'], 'rewritten')
  hookSays = () => ({ body: JSON.stringify({ action: 'deny', message: 'not on a Sunday' }) })
  await assert.rejects(chat('asked', 'on Sunday?'), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.match(error.message, /desk: not on a Sunday/)
    return error.code === 'guardrail_denied'
  })
})

const failures: readonly { readonly name: string; readonly says: typeof hookSays }[] = [
  { name: 'an error', says: () => ({ status: 500, body: 'oh' }) },
  { name: 'no JSON', says: () => ({ body: 'yes' }) },
  { name: 'an unknown action', says: () => ({ body: '{"action":"maybe"}' }) },
  { name: 'a redirect', says: () => ({ status: 302, headers: { location: '/elsewhere' }, body: '' }) },
  {
    name: 'no answer in time',
    says: async () => {
      await new Promise((resolve) => setTimeout(resolve, 2000).unref())
      return { status: 204, body: '' }
    },
  },
]
for (const { name, says } of failures) {
  test(`a hook that gives ${name} refuses the request when it is closed, and lets it through when it is open`, async () => {
    hookSays = says
    await assert.rejects(chat('asked', name), (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError)
      return error.code === 'guardrail_unavailable' && error.status === 503
    })
    assert.ok((await chat('lenient', name)).choices.length === 1)
    hookSays = () => ({ status: 204, body: '' })
  })
}

test('paths that are sent on as they are cannot be guarded, and are refused', async () => {
  const response = await fetch(`${relay.url}/providers/local/chat/completions`, { method: 'POST', body: '{}' })
  assert.equal(response.status, 403)
  assert.match(await response.text(), /path_not_allowed/)
})

test('what guardrails did is in the metrics and in the log, without a word of what they found', async () => {
  const metrics = await (await fetch(`${relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_guardrail_actions_total\{guardrail="pii",action="redacted"\} \d+/)
  assert.match(metrics, /outrigger_guardrail_actions_total\{guardrail="secrets",action="denied"\} 3/)
  assert.match(metrics, /outrigger_guardrail_actions_total\{guardrail="desk",action="hook_failed"\} 5/)
  assert.match(metrics, /outrigger_guardrail_redactions_total\{guardrail="pii",pattern="email",where="response"\} \d+/)
  assert.match(metrics, /outrigger_guardrail_hook_duration_seconds_count\{guardrail="desk"\} \d+/)
  await relay.logged(/"redacted":2[^\n]*"request finished"/)
  await relay.logged(/"guardrail_denied"/)
  assert.ok(!relay.log().includes(mail) && !relay.log().includes('hook-secret'))
})
