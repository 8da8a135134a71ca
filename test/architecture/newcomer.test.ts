import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { dialects } from '#dialect/registry.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

/**
 * What docs/architecture.md promises a newcomer, done for real in a copy of the sources: a provider, a strategy, a client
 * dialect, a metric and a field of the routing file, each in its places, and then a request.
 */
const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const copy = mkdtempSync(join(tmpdir(), 'outrigger-newcomer-'))
const main = join(copy, 'cmd/outrigger/main.ts')
let mocks: Awaited<ReturnType<typeof startMocks>> | undefined
let relay: RelayProcess | undefined

function edit(file: string, from: string | RegExp, to: string): void {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  const edited = text.replace(from, to)
  assert.notEqual(edited, text, `${file} has no place for it`)
  writeFileSync(path, edited)
}

function add(file: string, text: string): void {
  writeFileSync(join(copy, file), text)
}

function addProvider(): void {
  add('internal/provider/acme.ts', readFileSync(join(root, 'docs/templates/provider.ts.txt'), 'utf8'))
  edit('internal/provider/registry.ts', '= [\n', '= [\n  acme,\n')
  edit('internal/provider/registry.ts', /^/, "import { acme } from './acme.ts'\n")
}

function addStrategy(): void {
  add(
    'internal/strategy/backwards.ts',
    `import { ranked, type Strategy } from './strategy.ts'

/** The last of the file first. */
export const backwards: Strategy = {
  name: 'backwards',
  order: (candidates) => candidates.toReversed().map((candidate) => ranked(candidate, 'from the end')),
}
`,
  )
  edit('internal/strategy/registry.ts', 'weighted, leastBusy]', 'weighted, leastBusy, backwards]')
  edit('internal/strategy/registry.ts', /^/, "import { backwards } from './backwards.ts'\n")
}

/** What its clients speak is its own; as a provider's dialect it is that of its neighbour. */
function addDialect(): void {
  mkdirSync(join(copy, 'internal/dialect/parrot'))
  add(
    'internal/dialect/parrot/index.ts',
    `import type { Dialect } from '../dialect.ts'
import { openaiChat } from '../openai-chat/index.ts'

/** {"model", "ask", "stream"} in, {"said"} out. */
export const parrot: Dialect = {
  ...openaiChat,
  name: 'parrot',
  routes: [{ method: 'POST', path: '/v1/parrot/{model}', operation: 'generate' }],
  decodeRequest({ pathModel = '', body }) {
    if (typeof body['ask'] !== 'string') {
      return { ok: false, error: { kind: 'invalid_request', message: 'ask is missing', param: 'ask' } }
    }
    const messages = [{ role: 'user', parts: [{ kind: 'text', text: body['ask'] }] }] as const
    const request = { dialect: 'parrot', model: pathModel, stream: body['stream'] === true, messages } as const
    return { ok: true, value: { ...request, tools: [], params: {}, output: { format: 'text' }, ext: {}, raw: body } }
  },
  encodeAnswer: ({ candidates }) => ({ said: candidates.flatMap(({ parts }) => parts).map((part) => (part.kind === 'text' ? part.text : '')).join('') }),
  encodeStream: () => (event) => (event.kind === 'part_delta' ? \`data: \${JSON.stringify({ said: event.text })}\\n\\n\` : ''),
  encodeError: ({ code, message }) => ({ status: 400, body: { squawk: code, message } }),
}
`,
  )
  edit('internal/dialect/registry.ts', '  gemini,\n}', '  gemini,\n  parrot,\n}')
  edit('internal/dialect/registry.ts', /^/, "import { parrot } from './parrot/index.ts'\n")
  edit('internal/canonical/request.ts', "'anthropic' | 'gemini'", "'anthropic' | 'gemini' | 'parrot'")
}

function addMetric(): void {
  edit(
    'internal/telemetry/metrics.ts',
    '    registry,\n',
    "    registry,\n    greetings: counter('greetings_total', 'Answers that were given.', []),\n",
  )
  edit(
    'internal/telemetry/record-metrics.ts',
    "case 'request_ended':\n",
    "case 'request_ended':\n        metrics.greetings.inc()\n",
  )
}

function addField(): void {
  edit(
    'internal/config/schema/log.ts',
    '    level: Type',
    "    greeting: Type.Optional(Type.String({ default: 'hello', description: 'Said at the start.' })),\n    level: Type",
  )
  edit('cmd/outrigger/serve.ts', 'log.info(\n    { listen:', 'log.info(\n    { greeting: config.log.greeting, listen:')
}

before(async () => {
  for (const name of ['cmd', 'internal', 'package.json']) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const addOne of [addProvider, addStrategy, addDialect, addMetric, addField]) addOne()
  mocks = await startMocks(dialects)
  const url = mocks.providers.find(({ name }) => name === 'openai')?.url
  relay = await startRelay(
    `version: 1
providers:
  acme: { api_key: k, base_url: "${url}/v1" }
  openai: { api_key: k, base_url: "${url}/v1" }
models:
  m: { strategy: backwards, targets: [openai/first, acme/last] }
log: { greeting: ahoy }
`,
    { command: [process.execPath, main] },
  )
})
after(async () => {
  await relay?.stop()
  await mocks?.close()
  rmSync(copy, { recursive: true, force: true })
})

async function answered(): Promise<Response> {
  const response = await fetch(`${relay?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  assert.equal(response.status, 200)
  await response.text()
  return response
}

test('newcomer: a provider and a strategy, each a file and a line, check and answer', async () => {
  const { stdout } = await run(process.execPath, [main, 'check', relay?.configPath ?? ''])
  assert.match(stdout, /good \(2 providers, 1 models\)/)
  const response = await answered()
  assert.equal(response.headers.get('x-outrigger-target'), 'acme/last')
  assert.equal(response.headers.get('x-outrigger-strategy'), 'backwards')
  const explained = await run(process.execPath, [main, 'explain', '-c', relay?.configPath ?? '', '--model', 'm'])
  assert.match(explained.stdout, /1\. acme\/last: from the end/)
  const schema = await run(process.execPath, [main, 'schema'], { maxBuffer: 10_000_000 })
  for (const word of ['"acme"', '"backwards"', '"greeting"']) assert.ok(schema.stdout.includes(word), `${word} is in the schema`)
})

test('newcomer: a metric and a field of the routing file, each in two places, work', async () => {
  await answered()
  const metrics = await (await fetch(`${relay?.adminUrl}/metrics`)).text()
  assert.match(metrics, /^outrigger_greetings_total [1-9]/m)
  assert.match(relay?.log() ?? '', /"greeting":"ahoy"/)
})

test('newcomer: a client dialect, a folder with its line and its name, is answered whole, streamed and with its own errors', async () => {
  const ask = (model: string, body: object): Promise<Response> =>
    fetch(`${relay?.url}/v1/parrot/${model}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const whole = await ask('m', { ask: 'Hi' })
  assert.equal(whole.headers.get('x-outrigger-target'), 'acme/last')
  assert.match(await whole.text(), /^\{"said":".*Hi.*"\}$/)
  const streamed = await (await ask('m', { ask: 'Hi', stream: true })).text()
  assert.ok(streamed.split('\n\n').filter((frame) => frame.startsWith('data: {"said":')).length > 1, streamed)
  assert.match(streamed, /: outrigger outcome=complete/)
  assert.match(await (await ask('nobody', { ask: 'Hi' })).text(), /"squawk":"model_not_found"/)
  assert.match(await (await ask('m', { tell: 'Hi' })).text(), /"squawk":.*ask is missing/)
  const metrics = await (await fetch(`${relay?.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_requests_total\{.*dialect="parrot"/)
})
