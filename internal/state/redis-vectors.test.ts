import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Script } from './redis-port.ts'
import { createRedisVectors } from './redis-vectors.ts'

type Ran = { readonly script: string; readonly keys: readonly string[]; readonly args: readonly string[] }

function world(reply: unknown) {
  const ran: Ran[] = []
  const port = {
    run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
      ran.push({ script: script.text, keys, args })
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply)
    },
  }
  return { ran, vectors: createRedisVectors({ port, prefix: 'o:', ask: (work) => work() }) }
}

test('the score of a vector set becomes a cosine, and only what is alike enough is told', async () => {
  const { ran, vectors } = world(['k', '0.98'])
  assert.deepEqual(await vectors.nearest('g', [1, 0.5], 0.95), { key: 'k', similarity: 0.96 })
  assert.deepEqual(ran[0]?.keys, ['o:vectors:g'])
  assert.deepEqual(ran[0]?.args, ['[1,0.5]'])
  assert.equal(await vectors.nearest('g', [1, 0.5], 0.97), undefined)
  assert.equal(await world([]).vectors.nearest('g', [1], 0.1), undefined)
})

test('a member is added with the life of its set and the most members of one', async () => {
  const { ran, vectors } = world(1)
  await vectors.add('g', 'k', [1], 1500.5)
  assert.deepEqual(ran[0]?.args, ['[1]', 'k', '1501', '10000'])
  await vectors.remove('g', 'k')
  assert.deepEqual(ran[1]?.args, ['k'])
})

test('whether the server has vector sets is told by it; one that does not answer is an error', async () => {
  assert.equal(await world(1).vectors.supported(), true)
  assert.equal(await world(0).vectors.supported(), false)
  await assert.rejects(world(new Error('gone')).vectors.supported())
})
