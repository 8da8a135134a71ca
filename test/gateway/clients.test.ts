import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import { Mistral } from '@mistralai/mistralai'
import { SDKError } from '@mistralai/mistralai/models/errors'
import OpenAI from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const digest = createHash('sha256').update('key-hashed').digest('hex')

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  smart: { targets: [anthropic/claude-opus-4-5] }
  other: { targets: [openai/gpt-4.1] }
  priced: { targets: [{ target: openai/gpt-4.1, price: { input: 1000, output: 1000 } }] }
  premium-only: { targets: [gemini/gemini-3.7-flash] }
rules:
  - { when: { tier: premium, tag: { team: a } }, use: premium-only }
clients:
  - { name: web, key: key-web, models: [smart, "oth*"] }
  - { name: hashed, key: "sha256:${digest}" }
  - { name: rotating, keys: [key-old, key-new] }
  - { name: gone, key: key-gone, expires: 2020-01-01 }
  - { name: premium, key: key-premium, tier: premium, tags: { team: a } }
  - { name: slow, key: key-slow, rpm: 1 }
  - { name: slow-chat, key: key-slow-chat, rpm: 1 }
  - { name: slow-responses, key: key-slow-responses, rpm: 1 }
  - { name: slow-gemini, key: key-slow-gemini, rpm: 1 }
  - { name: small, key: key-small, tpm: 900 }
  - { name: poor, key: key-poor, budget: { usd: 1, per: day } }
  - { name: one, key: key-one, max_concurrent: 1 }
  - { name: retry-openai, key: key-retry-openai, max_concurrent: 1 }
  - { name: retry-anthropic, key: key-retry-anthropic, max_concurrent: 1 }
  - { name: retry-mistral, key: key-retry-mistral, max_concurrent: 1 }
  - { name: retry-gemini, key: key-retry-gemini, max_concurrent: 1 }
  - { name: plenty, key: key-plenty, rpm: 100, tpm: 10000 }
log: { level: warn }
`)
})
after(() => world?.close())

const messages = [{ role: 'user', content: 'hi' }] as const

function openai(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${world.relay.url}/v1`, apiKey, maxRetries: 0 })
}

function ask(apiKey: string, model = 'smart', rest: { readonly max_tokens?: number } = {}): Promise<OpenAI.ChatCompletion> {
  return openai(apiKey).chat.completions.create({ model, messages: [...messages], ...rest })
}

test('without a key, with a wrong one, with one that has expired, nobody is let in', async () => {
  assert.equal((await fetch(`${world.relay.url}/v1/models`)).status, 401)
  await assert.rejects(ask('wrong'), OpenAI.AuthenticationError)
  await assert.rejects(ask('key-gone'), /expired/)
  assert.equal((await fetch(`${world.relay.url}/providers/openai/models`)).status, 401)
  const posts = (): number => world.mock.calls().filter(({ method }) => method === 'POST').length
  const before = posts()
  await assert.rejects(
    new Anthropic({ baseURL: world.relay.url, apiKey: 'wrong', maxRetries: 0 }).messages.create({
      model: 'smart',
      max_tokens: 9,
      messages: [...messages],
    }),
    Anthropic.AuthenticationError,
  )
  assert.equal(posts(), before)
})

test('a key works in every place where an SDK puts it, plain or hashed, old and new', async () => {
  for (const key of ['key-web', 'key-hashed', 'key-old', 'key-new']) await ask(key)
  await new Anthropic({ baseURL: world.relay.url, apiKey: 'key-web', maxRetries: 0 }).messages.create({
    model: 'smart',
    max_tokens: 9,
    messages: [...messages],
  })
  const gemini = new GoogleGenAI({ apiKey: 'key-web', httpOptions: { baseUrl: world.relay.url } })
  await gemini.models.generateContent({ model: 'smart', contents: 'hi' })
  const inQuery = await fetch(`${world.relay.url}/v1beta/models/smart:generateContent?key=key-web`, {
    method: 'POST',
    body: '{"contents":[{"parts":[{"text":"hi"}]}]}',
  })
  assert.equal(inQuery.status, 200)
  assert.doesNotMatch(JSON.stringify(world.mock.calls()), /key-web/)
})

test('a client asks for its own models only, and sees only these', async () => {
  await ask('key-web', 'other')
  await assert.rejects(ask('key-web', 'priced'), OpenAI.PermissionDeniedError)
  await assert.rejects(ask('key-web', 'openai/gpt-4.1'), OpenAI.PermissionDeniedError)
  const asFallback = { model: 'smart', models: ['priced'], messages: [...messages] }
  await assert.rejects(openai('key-web').chat.completions.create(asFallback), OpenAI.PermissionDeniedError)
  const names = (await openai('key-web').models.list()).data.map(({ id }) => id)
  assert.deepEqual(names, ['smart', 'other'])
  const forwarded = await fetch(`${world.relay.url}/providers/openai/models`, { headers: { 'x-api-key': 'key-web' } })
  assert.equal(forwarded.status, 403)
})

test('tier and tags of the client stand over what the request says', async () => {
  const { response } = await openai('key-premium')
    .chat.completions.create(
      { model: 'smart', messages: [...messages] },
      { headers: { 'x-outrigger-tier': 'free', 'x-outrigger-tags': 'team=b' } },
    )
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'gemini/gemini-3.7-flash')
})

test('over its requests a minute every SDK raises its own rate limit error, and can read when to come back', async () => {
  const anthropic = new Anthropic({ baseURL: world.relay.url, apiKey: 'key-slow', maxRetries: 0 })
  const call = (): Promise<unknown> => anthropic.messages.create({ model: 'smart', max_tokens: 9, messages: [...messages] })
  await call()
  await assert.rejects(call(), (error) => {
    assert.ok(error instanceof Anthropic.RateLimitError)
    assert.ok(Number(error.headers.get('retry-after')) > 0)
    assert.equal(error.headers.get('anthropic-ratelimit-requests-limit'), '1')
    assert.ok(Date.parse(error.headers.get('anthropic-ratelimit-requests-reset') ?? '') > Date.now())
    return true
  })
  await ask('key-slow-chat')
  await assert.rejects(ask('key-slow-chat'), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.equal(error.code, 'client_rpm_exceeded')
    assert.ok(Number(error.headers.get('retry-after')) > 0)
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0')
    return true
  })
  const responses = (): Promise<unknown> => openai('key-slow-responses').responses.create({ model: 'smart', input: 'hi' })
  await responses()
  await assert.rejects(responses(), OpenAI.RateLimitError)
  const gemini = new GoogleGenAI({ apiKey: 'key-slow-gemini', httpOptions: { baseUrl: world.relay.url } })
  await gemini.models.generateContent({ model: 'smart', contents: 'hi' })
  await assert.rejects(gemini.models.generateContent({ model: 'smart', contents: 'hi' }), (error) => {
    assert.ok(error instanceof ApiError)
    assert.equal(error.status, 429)
    return true
  })
})

test('tokens are estimated first and put right afterwards', async () => {
  // Each is expected to take 500 and takes about 25.
  for (let count = 0; count < 5; count++) await ask('key-small')
  await assert.rejects(ask('key-small', 'smart', { max_tokens: 5000 }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.match(error.message, /about \d+ tokens/)
    assert.equal(error.headers.get('x-should-retry'), 'false')
    return true
  })
})

test('a budget stops, before it is overspent', async () => {
  let spent = 0
  const run = async (): Promise<void> => {
    for (let count = 0; count < 100; count++) {
      const { data, response } = await openai('key-poor')
        .chat.completions.create({ model: 'priced', messages: [...messages], max_tokens: 100 })
        .withResponse()
      assert.ok(data)
      spent += Number(response.headers.get('x-outrigger-cost-usd'))
    }
  }
  await assert.rejects(run(), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.equal(error.code, 'client_budget_exceeded')
    return true
  })
  assert.ok(spent > 0.5 && spent <= 1, `${spent}`)
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_client_limited_total\{client="poor",limit="budget"\} 1/)
  assert.match(metrics, /outrigger_alerts_firing\{alert="budget_nearly_spent",target="poor"\} 1/)
})

test('a place is taken as long as a request runs', async () => {
  world.setFaults([{ kind: 'slow_first_token', delay: '400ms' }])
  const first = ask('key-one')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await assert.rejects(ask('key-one'), OpenAI.RateLimitError)
  await first
  world.setFaults([])
  await ask('key-one')
})

/** How a request ends that finds its client's only place taken, and asks again only if its SDK does. */
async function whileTaken(key: string, call: () => Promise<unknown>): Promise<unknown> {
  world.setFaults([{ kind: 'slow_first_token', delay: '600ms' }])
  const first = ask(key)
  await new Promise((resolve) => setTimeout(resolve, 150))
  world.setFaults([])
  try {
    return await call()
  } finally {
    await first
  }
}

async function timesLimited(client: string): Promise<number> {
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  const found = new RegExp(`client_limited_total\\{client="${client}",limit="concurrency"\\} (\\d+)`).exec(metrics)
  return Number(found?.[1] ?? 0)
}

test('SDKs that ask again wait as long as they are told: once, not as often as they would of their own accord', async () => {
  const retries = {
    'retry-openai': () =>
      new OpenAI({ baseURL: `${world.relay.url}/v1`, apiKey: 'key-retry-openai', maxRetries: 3 }).chat.completions.create({
        model: 'smart',
        messages: [...messages],
      }),
    'retry-anthropic': () =>
      new Anthropic({ baseURL: world.relay.url, apiKey: 'key-retry-anthropic', maxRetries: 3 }).messages.create({
        model: 'smart',
        max_tokens: 9,
        messages: [...messages],
      }),
    'retry-mistral': () =>
      new Mistral({
        serverURL: world.relay.url,
        apiKey: 'key-retry-mistral',
        retryConfig: {
          strategy: 'backoff',
          backoff: { initialInterval: 10, maxInterval: 5000, exponent: 1, maxElapsedTime: 5000 },
          retryConnectionErrors: false,
        },
      }).chat.complete({ model: 'smart', messages: [...messages] }),
  }
  for (const [client, call] of Object.entries(retries)) {
    await whileTaken(`key-${client}`, call)
    assert.equal(await timesLimited(client), 1, client)
  }
})

test('SDKs of Google and Mistral raise their own error of a limit; when to come back is in the body, or in retry-after', async () => {
  const gemini = new GoogleGenAI({ apiKey: 'key-retry-gemini', httpOptions: { baseUrl: world.relay.url } })
  await whileTaken('key-retry-gemini', () =>
    assert.rejects(gemini.models.generateContent({ model: 'smart', contents: 'hi' }), (error) => {
      assert.ok(error instanceof ApiError)
      assert.equal(error.status, 429)
      assert.match(error.message, /"RESOURCE_EXHAUSTED"/)
      assert.match(error.message, /"type.googleapis.com\/google.rpc.RetryInfo","retryDelay":"1s"/)
      return true
    }),
  )
  const mistral = new Mistral({ serverURL: world.relay.url, apiKey: 'key-retry-mistral' })
  await whileTaken('key-retry-mistral', () =>
    assert.rejects(mistral.chat.complete({ model: 'smart', messages: [...messages] }), (error) => {
      assert.ok(error instanceof SDKError)
      assert.deepEqual([error.statusCode, error.headers.get('retry-after')], [429, '1'])
      return true
    }),
  )
})

test('an answer tells what is left of the limits, in the words of its SDK', async () => {
  const { response } = await openai('key-plenty')
    .chat.completions.create({ model: 'smart', messages: [...messages], max_tokens: 100 })
    .withResponse()
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '100')
  assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '99')
  assert.equal(response.headers.get('x-ratelimit-reset-requests'), '0.600s')
  assert.ok(Number(response.headers.get('x-ratelimit-remaining-tokens')) > 9800)
  const streamed = await new Anthropic({ baseURL: world.relay.url, apiKey: 'key-plenty', maxRetries: 0 }).messages
    .create({ model: 'smart', max_tokens: 9, messages: [...messages], stream: true })
    .withResponse()
  assert.equal(streamed.response.headers.get('anthropic-ratelimit-requests-remaining'), '98')
  assert.ok(Date.parse(streamed.response.headers.get('anthropic-ratelimit-requests-reset') ?? '') > Date.now())
  for await (const _ of streamed.data);
})

test('a client with limits has no way around them', async () => {
  for (const key of ['key-plenty', 'key-one']) {
    const response = await fetch(`${world.relay.url}/providers/openai/models`, { headers: { 'x-api-key': key } })
    assert.equal(response.status, 403)
  }
})

test('keys are shown nowhere', async () => {
  const config = await (await fetch(`${world.relay.adminUrl}/config`)).text()
  assert.doesNotMatch(config, /key-web|key-old/)
  assert.match(config, /"name": "web"/)
})
