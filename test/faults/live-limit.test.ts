import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { plainAsk } from '../load/plain-ask.ts'
import { type LiveLimits, startLimitedProvider } from '../support/limited-provider.ts'
import { startRelay } from '../support/relay-process.ts'

const windowMs = 2500
const callers = 4
const eachMs = 20

/** Callers who together want far more than the first target allows, for two of its windows. */
async function loadOn(t: TestContext, limits: LiveLimits) {
  const provider = await startLimitedProvider(limits)
  const relay = await startRelay(`version: 1
providers:
  p: { type: openai, api_key: none, base_url: "${provider.url}" }
models:
  m: { targets: [p/limited, p/spare] }
log: { level: warn }
`)
  t.after(async () => {
    await relay.stop()
    await provider.close()
  })
  const untilMs = performance.now() + 2 * windowMs
  const errors: string[] = []
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < untilMs) {
        const { error } = await plainAsk(relay.url, { dialect: 'chat', stream: false, model: 'm' })
        if (error !== undefined) errors.push(error.message)
        await new Promise((resolve) => setTimeout(resolve, eachMs))
      }
    }),
  )
  const { served } = provider
  const count = (model: string, status: number): number =>
    served.filter((each) => each.model === model && each.status === status).length
  const firstRefusal = served.findIndex(({ status }) => status === 429)
  const beforeIt = firstRefusal < 0 ? served : served.slice(0, firstRefusal)
  return {
    errors,
    answered: count('limited', 200),
    refused: count('limited', 429),
    elsewhere: count('spare', 200),
    elsewhereBefore: beforeIt.filter(({ model }) => model === 'spare').length,
  }
}

const cases: readonly { readonly of: string; readonly limits: LiveLimits }[] = [
  { of: 'requests', limits: { requests: 60, tokens: 1_000_000, windowMs } },
  { of: 'tokens', limits: { requests: 100_000, tokens: 3600, windowMs } },
]
suite('live limits', { concurrency: true }, () => {
  for (const { of, limits } of cases) {
    test(`a target that tells how few ${of} are left gets less before it says 429`, async (t) => {
      let told = await loadOn(t, limits)
      // Who is on his way when the last place goes may be refused before anybody went elsewhere: in one load of ten, not in three in a row.
      for (let tries = 1; tries < 3 && told.elsewhereBefore === 0; tries++) told = await loadOn(t, limits)
      t.diagnostic(JSON.stringify(told))
      assert.deepEqual(told.errors, [])
      assert.ok(told.elsewhereBefore > 0, 'others are asked before the first refusal')
      // Who is on his way when the last place goes, or needs more than is left, may still be refused.
      assert.ok(told.refused <= 2 * callers, `${told.refused} were refused`)
      // 60 at once and 60 with each window: most of it is used, and the rest of the load served elsewhere.
      assert.ok(told.answered >= 90 && told.answered <= 200, `${told.answered} were answered`)
      assert.ok(told.elsewhere > 50, `${told.elsewhere} elsewhere`)
    })
  }
})
