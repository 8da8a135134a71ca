import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { faultKinds } from './fault-kinds.ts'
import { parseFaultPlan } from './fault-plan.ts'

const root = new URL('../../', import.meta.url)

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

function blocksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
}

for (const name of readdirSync(new URL('test/fixtures/faults/', root))) {
  test(`examples: ${name} is a sound plan`, () => {
    const plan = parseFaultPlan(read(`test/fixtures/faults/${name}`))
    assert.deepEqual(plan.ok ? [] : plan.error, [])
  })
}

test('examples: docs/mock.md shows plans that hold, and every kind', () => {
  const plans = blocksOf(read('docs/mock.md')).map(parseFaultPlan)
  assert.deepEqual(
    plans.flatMap((plan) => (plan.ok ? [] : plan.error)),
    [],
  )
  const shown = new Set(plans.flatMap((plan) => (plan.ok ? plan.value.faults.map(({ kind }) => kind) : [])))
  assert.deepEqual(
    Object.keys(faultKinds).filter((kind) => ![...shown].some((one) => one === kind)),
    [],
  )
})
