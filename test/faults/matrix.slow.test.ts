import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dialects } from '#dialect/registry.ts'
import { faultKinds } from '#mock/fault-kinds.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { type Asked, askers, type ClientDialect, clientDialects, naturalEnd } from '../support/askers.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type FaultRow, faultRows } from './matrix-kinds.ts'

/**
 * Every fault × where it strikes × whole or stream × the four clients' dialects × a first target of the client's own family
 * or of another: what the client's SDK sees. The second target is sound.
 */
type Cell = {
  readonly name: string
  readonly row: FaultRow
  readonly dialect: ClientDialect
  readonly stream: boolean
  /** The dialect of the first target. */
  readonly speaks: ClientDialect
  readonly model: string
}

/** The word of each dialect for an answer that a filter broke off. */
const filteredEnd: Readonly<Record<ClientDialect, RegExp>> = {
  chat: /content_filter/,
  responses: /content_filter/,
  messages: /refusal/,
  gemini: /SAFETY|PROHIBITED_CONTENT|RECITATION|OTHER/,
}
const otherFamily: Readonly<Record<ClientDialect, ClientDialect>> = {
  chat: 'messages',
  responses: 'gemini',
  messages: 'chat',
  gemini: 'responses',
}
const providerOf: Readonly<Record<ClientDialect, string>> = {
  chat: 'openai',
  responses: 'openai',
  messages: 'anthropic',
  gemini: 'gemini',
}

const cells: readonly Cell[] = faultRows
  .flatMap((row) =>
    clientDialects.flatMap((dialect) =>
      (['same', 'other'] as const).flatMap((family) => {
        const speaks = family === 'same' ? dialect : otherFamily[dialect]
        if (row.speaks?.includes(speaks) === false) return []
        return [false, true].flatMap((stream): readonly Omit<Cell, 'model'>[] => {
          if (row.only !== undefined && (row.only === 'stream') !== stream) return []
          const { kind, ...options } = row.fault
          const name = `${kind} ${JSON.stringify(options)} (${row.place}), ${stream ? 'stream' : 'whole'}, ${dialect} from ${speaks}`
          return [{ name, row, dialect, stream, speaks }]
        })
      }),
    ),
  )
  .map((cell, at) => ({ ...cell, model: `cell-${at}` }))

let mock: Mock
let relay: RelayProcess
let wholeText = ''

/** Each cell has providers of its own, so that a key or a breaker that one has upset leaves the others alone. */
function routing(urls: ReadonlyMap<string, string>): string {
  const provider = (speaks: ClientDialect): string => {
    const url = urls.get(providerOf[speaks])
    if (speaks === 'messages') return `{ type: anthropic, api_key: mock, base_url: "${url}" }`
    if (speaks === 'gemini') return `{ type: gemini, api_key: mock, base_url: "${url}" }`
    return `{ type: openai, api: ${speaks === 'chat' ? 'chat' : 'responses'}, api_key: mock, base_url: "${url}/v1" }`
  }
  const second = (speaks: ClientDialect): ClientDialect => (speaks === 'messages' ? 'chat' : 'messages')
  const providers = cells.map((cell, at) => `  p${at}: ${provider(cell.speaks)}\n  q${at}: ${provider(second(cell.speaks))}`)
  const models = cells.map(({ model }, at) => `  ${model}: { targets: [p${at}/${model}, q${at}/second] }`)
  return [
    'version: 1',
    'providers:',
    ...providers,
    `  sound: { type: openai, api: chat, api_key: mock, base_url: "${urls.get('openai')}/v1" }`,
    'models:',
    ...models,
    '  sound: { targets: [sound/second] }',
    'timeouts: { first_token: 2s, idle: 2s, total: 8s }',
    'retry: { backoff: { base: 10ms }, budget: 100% }',
    'health: { probe: off }',
    'log: { level: warn }',
    '',
  ].join('\n')
}

before(async () => {
  mock = await startMocks(dialects)
  const plan = readFaultPlan({
    latency: { first_token: '0ms', chunk: '1ms' },
    faults: cells.map(({ row, model }) => ({ ...row.fault, when: { model } })),
  })
  assert.ok(plan.ok, JSON.stringify(plan))
  mock.setFaults(plan.value)
  relay = await startRelay(routing(new Map(mock.providers.map(({ name, url }) => [name, url]))))
  wholeText = (await askers.chat(relay.url, { model: 'sound', stream: false })).text
  assert.equal(wholeText.trim().split(/\s+/).length, 60)
})
after(async () => {
  await relay?.stop()
  await mock?.close()
})

function wrong({ row, dialect, stream, model }: Cell, asked: Asked): string | undefined {
  const sees = stream ? row.sees : (row.wholeSees ?? row.sees)
  const { error, text, finish } = asked
  switch (sees.kind) {
    case 'refused':
      if (error === undefined) return `no error, but ${JSON.stringify(text)}`
      return error.status === sees.status ? undefined : `status ${error.status}: ${error.message}`
    case 'filtered':
      if (error !== undefined) return `an error: ${error.status} ${error.message}`
      return filteredEnd[dialect].test(finish) && text.length < wholeText.length ? undefined : `${finish}: ${text}`
    case 'answered': {
      if (error !== undefined) return `an error: ${error.status} ${error.message}`
      if (text !== wholeText) return `another text: ${JSON.stringify(text)}`
      if (finish !== naturalEnd[dialect]) return `ended with ${finish}`
      if (asked.outputTokens === 0) return 'no usage'
      const by = asked.model === model ? 'first' : 'second'
      return sees.by === 'either' || sees.by === by ? undefined : `it came from the ${by} target`
    }
  }
}

test('fault matrix: every kind of fault that the mock providers know has its rows', () => {
  const covered = new Set(faultRows.map(({ fault }) => fault.kind))
  // A refused port takes all cells of its provider with it: it has a test of its own below.
  assert.deepEqual(
    Object.keys(faultKinds).filter((kind) => !covered.has(kind)),
    ['refused'],
  )
})

test(`fault matrix: in ${cells.length} cells the client’s SDK sees what is right`, async () => {
  const broken: string[] = []
  const waiting = [...cells]
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const asked = await askers[cell.dialect](relay.url, { model: cell.model, stream: cell.stream })
      const fault = wrong(cell, asked)
      if (fault !== undefined) broken.push(`${cell.name}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: 24 }, work))
  assert.deepEqual(broken, [])
  console.log(`fault matrix: ${cells.length} cells, ${faultRows.length} faults`)
})
