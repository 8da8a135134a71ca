import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Asked, askers, type ClientDialect, clientDialects, naturalEnd } from '../support/askers.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { answer, startWall, type Wall } from '../support/wall.ts'

/**
 * The sixteen faults of the public suite failoverbench, with one fallback. Default settings, but for three faults whose
 * defaults would take half a minute and more: those have their limits shortened here and their defaults held by
 * `default-limits.test.ts` beside this file.
 */
type Scenario = {
  readonly name: string
  /** The wall's model. */
  readonly fault: string
  /** The fallback's; left out: it is well. */
  readonly fallback?: string
  /** Asks for a whole answer too. */
  readonly whole?: true
  readonly world?: 'shortened'
  readonly check: (asked: Asked, told: Told) => void
}

/** What the wall saw. */
type Told = {
  readonly dialect: ClientDialect
  readonly first: ReturnType<Wall['calls']>
  readonly second: ReturnType<Wall['calls']>
  readonly fallbackModel: string
}

const defaults = 'log: { level: warn }\n'
const shortened = `timeouts: { idle: 1s }
breaker: { open_for: 1s }
health: { interval: 1s, timeout: 500ms }
log: { level: warn }
`
const downMs = 4000

let wall: Wall
let relay: RelayProcess
let quickRelay: RelayProcess

function answered(asked: Asked, { dialect }: Told): void {
  assert.deepEqual(asked.error, undefined)
  assert.equal(asked.text, answer)
  assert.equal(asked.finish, naturalEnd[dialect])
}

const scenarios: readonly Scenario[] = [
  {
    name: '429 with Retry-After: 2 is waited out and the same target asked again',
    fault: 'limited-once',
    whole: true,
    check(asked, told) {
      answered(asked, told)
      const [one, two, ...more] = told.first
      assert.ok(one && two && more.length === 0)
      const gapMs = two.atMs - one.atMs
      assert.ok(gapMs >= 1990 && gapMs < 4500, `asked again after ${gapMs} ms`)
    },
  },
  {
    name: '429 for good: no hammering, then the fallback',
    fault: 'limited',
    whole: true,
    check(asked, told) {
      answered(asked, told)
      assert.ok(told.first.length <= 2)
    },
  },
  {
    name: '500 once is tried again on the same target',
    fault: 'error-once',
    whole: true,
    check(asked, told) {
      answered(asked, told)
      assert.deepEqual([told.first.length, told.second.length], [2, 0])
    },
  },
  { name: '503 for good: the fallback', fault: 'overloaded', whole: true, check: fromFallback(1) },
  {
    name: 'a reset before the headers is tried again',
    fault: 'reset-once',
    whole: true,
    check(asked, told) {
      answered(asked, told)
      assert.deepEqual([told.first.length, told.second.length], [2, 0])
    },
  },
  {
    name: 'no answer at all: left within 15 s and not asked again',
    fault: 'silent',
    whole: true,
    check(asked, told) {
      fromFallback(1)(asked, told)
      assert.ok(asked.ms < 15_000, `${asked.ms} ms`)
    },
  },
  {
    name: 'a slow first token: left within 15 s and not asked again',
    fault: 'slow',
    whole: true,
    check(asked, told) {
      fromFallback(1)(asked, told)
      assert.ok(asked.ms < 15_000, `${asked.ms} ms`)
    },
  },
  { name: 'cut after 40 of 60 words: all 60, once', fault: 'cut', whole: true, check: inFull },
  { name: 'silent after 20 words: all 60, once', fault: 'stall', whole: true, world: 'shortened', check: inFull },
  {
    name: 'the tenth event is malformed: skipped in a stream',
    fault: 'malformed',
    check(asked, told) {
      answered(asked, told)
      assert.deepEqual([told.first.length, told.second.length], [1, 0])
    },
  },
  {
    name: 'no [DONE]: complete at once',
    fault: 'no-done',
    check(asked, told) {
      answered(asked, told)
      assert.ok(asked.ms < 8000, `${asked.ms} ms`)
      assert.equal(asked.outputTokens, 60)
      assert.equal(told.second.length, 0)
    },
  },
  {
    name: 'context length: never the same again, but one that may hold more',
    fault: 'too-long',
    whole: true,
    check: fromFallback(1),
  },
  {
    name: 'a content filter is passed on, not shopped around',
    fault: 'filtered',
    whole: true,
    check(asked, told) {
      assert.equal(asked.error?.status, 400)
      assert.match(asked.error.message, /rejected as a result of our safety system/)
      assert.deepEqual([told.first.length, told.second.length], [1, 0])
    },
  },
  {
    name: 'a fallback that refuses prefill is told in words, and its refusal never seen',
    fault: 'cut',
    fallback: 'no-prefill',
    check(asked, told) {
      answered(asked, told)
      assert.deepEqual(
        told.second.map((call) => [call.lastRole, call.told]),
        [
          ['assistant', '400'],
          ['user', '200'],
        ],
      )
    },
  },
  {
    name: 'the answer names the model that gave it, and carries its usage',
    fault: 'overloaded',
    whole: true,
    check(asked, told) {
      fromFallback(1)(asked, told)
      assert.equal(asked.model, told.fallbackModel)
      assert.equal(asked.outputTokens, 60)
    },
  },
]

function fromFallback(firstCalls: number): Scenario['check'] {
  return (asked, told) => {
    answered(asked, told)
    assert.deepEqual([told.first.length, told.second.length], [firstCalls, 1])
  }
}

function inFull(asked: Asked, told: Told): void {
  answered(asked, told)
  assert.ok(told.first.length <= 2)
  assert.ok(asked.outputTokens > 0)
}

/** A name of letters only for each scenario's targets, so that none sees what another one did. */
const letters = (at: number): string => String.fromCharCode(97 + Math.floor(at / 26), 97 + (at % 26))
const forms = ['stream', 'whole'] as const
const cases = scenarios.flatMap((scenario) =>
  clientDialects.flatMap((dialect) =>
    forms.flatMap((form) => (form === 'whole' && scenario.whole !== true ? [] : [{ scenario, dialect, form }])),
  ),
)
const modelsOf = (at: number): { readonly first: string; readonly second: string } => {
  const { fault = '', fallback = 'well' } = cases[at]?.scenario ?? {}
  return { first: `${fault}-${letters(at)}`, second: `${fallback}-${letters(at)}` }
}

function routingFile(settings: string): string {
  const routes = cases.map(({ scenario }, at) => {
    const { first, second } = modelsOf(at)
    return `  case-${at}: { targets: [wall/${first}, ${scenario.fallback === undefined ? 'wall' : 'prefilled'}/${second}] }`
  })
  const flaps = clientDialects.map(
    (dialect) => `  flap-${dialect}: { targets: [wall/flap-${dialect}, wall/well-flap${dialect}] }`,
  )
  return `version: 1
providers:
  wall: { type: openai-compatible, base_url: "${wall.url}/v1" }
  prefilled: { type: mistral, api_key: none, base_url: "${wall.url}/v1" }
models:
${[...routes, ...flaps].join('\n')}
${settings}`
}

before(async () => {
  wall = await startWall({ slowMs: 20_000, downMs })
  ;[relay, quickRelay] = await Promise.all([startRelay(routingFile(defaults)), startRelay(routingFile(shortened))])
})
after(async () => {
  await Promise.all([relay?.stop(), quickRelay?.stop(), wall?.close()])
})

suite('failoverbench', { concurrency: true }, () => {
  for (const [at, { scenario, dialect, form }] of cases.entries()) {
    test(`${scenario.name} (${dialect}, ${form})`, async () => {
      const { first, second } = modelsOf(at)
      const { url } = scenario.world === 'shortened' ? quickRelay : relay
      const asked = await askers[dialect](url, { model: `case-${at}`, stream: form === 'stream' })
      scenario.check(asked, { dialect, first: wall.calls(first), second: wall.calls(second), fallbackModel: second })
    })
  }

  for (const dialect of clientDialects) {
    test(`a provider that flaps is left while it is down, and used again soon after (${dialect})`, async () => {
      const model = `flap-${dialect}`
      const deadlineMs = wall.startedMs + downMs + 6000
      let asked = 0
      while (performance.now() < deadlineMs && wall.calls(model).at(-1)?.told !== '200') {
        assert.equal((await askers[dialect](quickRelay.url, { model, stream: true })).text, answer)
        asked++
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const calls = wall.calls(model)
      assert.equal(calls.at(-1)?.told, '200', 'the first target is used again')
      const whileDown = calls.filter(({ told }) => told !== '200').length
      // Three open the breaker; a trial or two may follow.
      assert.ok(whileDown <= Math.max(5, asked / 2), `${whileDown} of ${asked} requests went to it while it was down`)
    })
  }
})
