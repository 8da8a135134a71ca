import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import type { Json } from '#canonical/request.ts'
import { unpackOpaque } from '#dialect/opaque.ts'
import { dialects } from '#dialect/registry.ts'
import { asArray, asObject } from '#lib/json.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import { createMock, type Mock } from '#mock/mock.ts'
import type { SeenCall } from '#mock/recorder.ts'
import { type Keeps, type PlainClient, plainClients, type SeenToolCall } from '../support/plain-clients.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

/** Where a conversation begins and comes back to: the vendors that want back what they signed. */
const homes = [
  { name: 'claude', dialect: 'anthropic', yaml: 'type: anthropic', path: '', model: 'claude-sonnet-4-5' },
  { name: 'google', dialect: 'gemini', yaml: 'type: gemini', path: '', model: 'gemini-3.7-flash' },
  { name: 'gpt', dialect: 'openai-responses', yaml: 'type: openai, api: responses', path: '/v1', model: 'gpt-5.6' },
] as const
type Home = (typeof homes)[number]

let mock: Mock
let relay: RelayProcess

before(async () => {
  const refuge = { name: 'refuge', dialects: dialects.filter(({ name }) => name === 'openai-chat') }
  const strict = homes.map(({ name, dialect }) => ({
    name,
    dialects: dialects.filter((one) => one.name === dialect),
    strict: true,
  }))
  mock = await createMock({ providers: [...strict, refuge], keep: 1000 })
  const url = (name: string): string => mock.providers.find((one) => one.name === name)?.url ?? ''
  const providers = homes.map(({ name, yaml, path }) => `  ${name}: { ${yaml}, api_key: k, base_url: "${url(name)}${path}" }`)
  const models = homes.map(({ name, model }) => `  to-${name}: { targets: [${name}/${model}, refuge/mistral-large] }`)
  relay = await startRelay(
    `version: 1\nproviders:\n${providers.join('\n')}\n  refuge: { type: together, api_key: k, base_url: "${url('refuge')}/v1" }\nmodels:\n${models.join('\n')}\nretry: { backoff: { base: 5ms } }\nbreaker: { consecutive_errors: 1000 }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await mock?.close()
})

function setDown(provider: string | undefined): void {
  const faults = provider === undefined ? [] : [{ kind: 'error', status: 503, when: { provider } }]
  const plan = readFaultPlan({ faults })
  assert.ok(plan.ok)
  mock.setFaults(plan.value)
}

type Conversation = { readonly client: PlainClient; readonly home: Home; readonly keeps: Keeps; history: readonly Json[] }
type Answered = { readonly body: Json; readonly headers: Headers; readonly call: SeenToolCall | undefined }

async function turn(talk: Conversation, added: readonly Json[]): Promise<Answered> {
  const { client, home, keeps } = talk
  const model = `to-${home.name}`
  talk.history = [...talk.history, ...added]
  const response = await fetch(relay.url + client.path(model), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(client.body(model, talk.history)),
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const body = asObject(JSON.parse(text))
  talk.history = [...talk.history, ...client.answerOf(body, keeps)]
  return { body, headers: response.headers, call: client.callOf(body) }
}

const lastTo = (provider: string): SeenCall => mock.calls().findLast((call) => call.provider === provider) ?? assert.fail()

/** Everything in the body that a mock has signed, by who signed it. */
function signersIn(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    const packed = unpackOpaque(value)
    if (packed !== undefined) return signersIn(packed)
    const signer = /^mock signature of (\w+) \d+$/.exec(Buffer.from(value, 'base64').toString('utf8'))?.[1]
    return signer === undefined ? [] : [signer]
  }
  if (Array.isArray(value)) return asArray(value).flatMap(signersIn)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(signersIn) : []
}

/** How many signatures of the home are back in a request of a conversation with two of its tool calls. */
const expectedBack = 2

for (const home of homes) {
  for (const client of plainClients) {
    for (const keeps of ['all', 'plain'] as const) {
      const name = `${client.name} client that keeps ${keeps === 'all' ? 'everything' : 'text and calls only'}, ${home.name}`
      test(`signatures: ${name}: a tool conversation moves away and comes back`, async () => {
        const talk: Conversation = { client, home, keeps, history: [] }
        setDown(undefined)
        const first = await turn(talk, client.ask('What is the weather in Oslo?'))
        assert.ok(first.call !== undefined && first.headers.get('x-outrigger-target')?.startsWith(home.name))

        setDown(home.name)
        const away = await turn(talk, client.result(first.call, 'rain'))
        assert.match(away.headers.get('x-outrigger-target') ?? '', /^refuge/)
        assert.match(client.textOf(away.body), /rain/)
        assert.deepEqual(signersIn(lastTo('refuge').body), [])
        const awayCall = await turn(talk, client.ask('And the weather in Rome?'))
        assert.ok(awayCall.call !== undefined)

        setDown(undefined)
        const back = await turn(talk, client.result(awayCall.call, 'sun'))
        assert.match(back.headers.get('x-outrigger-target') ?? '', new RegExp(`^${home.name}`))
        const last = await turn(talk, client.ask('And the weather in Lima?'))
        assert.ok(last.call !== undefined)
        const end = await turn(talk, client.result(last.call, 'fog'))
        assert.match(client.textOf(end.body), /fog/)

        const { body } = lastTo(home.name)
        const signers = signersIn(body)
        assert.ok(signers.every((signer) => signer === home.name))
        // A client of the home's own dialect that throws its signatures away would do so with the vendor too.
        const native = client.name === home.dialect
        if (!native || keeps === 'all') assert.ok(signers.length >= expectedBack, `${signers.length} in ${JSON.stringify(body)}`)
        if (!native && home.name === 'claude') assert.equal(asObject(body?.['thinking'])['type'], 'enabled')
      })
    }
  }
}

for (const home of homes) {
  test(`signatures: what a stream of ${home.name} was signed with is kept too`, async () => {
    setDown(undefined)
    const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
    const model = `to-${home.name}`
    const question: OpenAI.ChatCompletionMessageParam = { role: 'user', content: `What is the weather in Bonn, ${home.name}?` }
    const common = { model, reasoning_effort: 'medium', max_completion_tokens: 16_000 } as const
    const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }]
    const first = await openai.chat.completions.stream({ ...common, tools, messages: [question] }).finalChatCompletion()
    const call = first.choices[0]?.message.tool_calls?.[0]
    assert.ok(call?.type === 'function')
    const plain: OpenAI.ChatCompletionMessageParam = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: call.id, type: 'function', function: { name: call.function.name, arguments: call.function.arguments } }],
    }
    const messages = [question, plain, { role: 'tool' as const, tool_call_id: call.id, content: 'snow' }]
    const second = await openai.chat.completions.stream({ ...common, tools, messages }).finalChatCompletion()
    assert.match(second.choices[0]?.message.content ?? '', /snow/)
    assert.deepEqual([...new Set(signersIn(lastTo(home.name).body))], [home.name])
  })
}
