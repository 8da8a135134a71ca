import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findStrategy, strategyNames } from './registry.ts'
import type { Candidate } from './strategy.ts'

function candidate(name: string, facts: Partial<Candidate> & { readonly weight?: number } = {}): Candidate {
  const { weight = 1, ...rest } = facts
  return {
    target: { id: `p/${name}`, provider: 'p', model: name, dialect: 'openai-chat', weight },
    errorRatio: 0,
    samples: 100,
    inFlight: 0,
    share: 1,
    ...rest,
  }
}

function order(strategy: string, candidates: readonly Candidate[], random: () => number = () => 0.5): readonly string[] {
  return (
    findStrategy(strategy)
      ?.order(candidates, random)
      .map(({ target }) => target.model) ?? []
  )
}

test('strategies: the words of the routing file', () => {
  assert.deepEqual(strategyNames, ['fallback', 'latency', 'cost', 'weighted', 'least-busy'])
})

const cases: readonly { name: string; strategy: string; candidates: readonly Candidate[]; order: readonly string[] }[] = [
  { name: 'fallback keeps the order', strategy: 'fallback', candidates: [candidate('a'), candidate('b')], order: ['a', 'b'] },
  {
    name: 'latency: the faster first',
    strategy: 'latency',
    candidates: [candidate('a', { latencyMs: 300 }), candidate('b', { latencyMs: 200 })],
    order: ['b', 'a'],
  },
  {
    name: 'latency: errors make slow',
    strategy: 'latency',
    candidates: [candidate('a', { latencyMs: 200, errorRatio: 0.5 }), candidate('b', { latencyMs: 300 })],
    order: ['b', 'a'],
  },
  {
    name: 'latency: the unknown is measured first',
    strategy: 'latency',
    candidates: [candidate('a', { latencyMs: 1 }), candidate('b', { samples: 0 })],
    order: ['b', 'a'],
  },
  {
    name: 'cost: the cheaper first, the unknown last',
    strategy: 'cost',
    candidates: [candidate('a'), candidate('b', { estimatedUsd: 2 }), candidate('c', { estimatedUsd: 1 })],
    order: ['c', 'b', 'a'],
  },
  {
    name: 'least-busy: by requests under way for the weight',
    strategy: 'least-busy',
    candidates: [candidate('a', { inFlight: 3 }), candidate('b', { inFlight: 4, weight: 2 })],
    order: ['b', 'a'],
  },
  {
    name: 'weighted: weight 0 comes last',
    strategy: 'weighted',
    candidates: [candidate('a', { weight: 0 }), candidate('b')],
    order: ['b', 'a'],
  },
]

for (const { name, strategy, candidates, order: expected } of cases) {
  test(`strategy ${name}`, () => assert.deepEqual(order(strategy, candidates), expected))
}

test('strategy weighted: over many draws the shares are the weights', () => {
  let seed = 1
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const candidates = [candidate('a', { weight: 3 }), candidate('b', { weight: 1 })]
  const draws = Array.from({ length: 8000 }, () => order('weighted', candidates, random)[0])
  const share = draws.filter((first) => first === 'a').length / draws.length
  assert.ok(Math.abs(share - 0.75) < 0.02, `share ${share}`)
})

test('strategies: every order is a permutation', () => {
  const facts = fc.record({
    weight: fc.double({ min: 0, max: 10, noNaN: true }),
    latencyMs: fc.integer({ min: 1, max: 5000 }),
    errorRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    inFlight: fc.nat(100),
    samples: fc.nat(100),
  })
  fc.assert(
    fc.property(
      fc.array(facts, { maxLength: 8 }),
      fc.constantFrom(...strategyNames),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (list, strategy, chance) => {
        const candidates = list.map((entry, index) => candidate(`m${index}`, entry))
        const names = order(strategy, candidates, () => chance)
        assert.deepEqual([...names].sort(), candidates.map(({ target }) => target.model).sort())
      },
    ),
  )
})
