import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner } from './signature.ts'
import { createMemoryVectors } from './vectors.ts'

/** Repeatable numbers from −1 to 1. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2_147_483_648 - 1
  }
}

function randomVector(next: () => number, dimensions: number): readonly number[] {
  return Array.from({ length: dimensions }, next)
}

/** A vector with this cosine to the given one. */
function alike(vector: readonly number[], cosine: number, next: () => number): readonly number[] {
  const length = Math.hypot(...vector)
  const unit = vector.map((value) => value / length)
  const noise = randomVector(next, vector.length)
  const along = noise.reduce((sum, value, at) => sum + value * (unit[at] ?? 0), 0)
  const across = noise.map((value, at) => value - along * (unit[at] ?? 0))
  const acrossLength = Math.hypot(...across)
  const sine = Math.sqrt(1 - cosine * cosine)
  return unit.map((value, at) => value * cosine + ((across[at] ?? 0) / acrossLength) * sine)
}

test('the most alike of a group is found, and none below the threshold', async () => {
  const index = createMemoryVectors(() => 1e6)
  const next = numbers(1)
  const vector = randomVector(next, 64)
  await index.add('g', 'near', alike(vector, 0.97, next), 60_000)
  await index.add('g', 'nearer', alike(vector, 0.99, next), 60_000)
  await index.add('g', 'far', alike(vector, 0.5, next), 60_000)
  await index.add('other', 'same', vector, 60_000)
  const found = await index.nearest(
    'g',
    vector.map((value) => value * 7),
    0.95,
  )
  assert.equal(found?.key, 'nearer')
  assert.ok(Math.abs((found?.similarity ?? 0) - 0.99) < 1e-4)
  assert.equal(await index.nearest('g', vector, 0.995), undefined)
  await index.remove('g', 'nearer')
  assert.equal((await index.nearest('g', vector, 0.95))?.key, 'near')
  assert.equal(await index.nearest('g', randomVector(next, 32), 0.1), undefined)
})

test('vectors keep to their bytes, the oldest go first, and what expired is not found', async () => {
  const limit = 256 * 1024
  const index = createMemoryVectors(() => limit)
  const next = numbers(2)
  const vectors = Array.from({ length: 1000 }, () => randomVector(next, 64))
  for (const [at, vector] of vectors.entries()) await index.add('g', `k${at}`, vector, 60_000)
  assert.ok(index.bytes() <= limit && index.bytes() > limit * 0.9)
  assert.equal((await index.nearest('g', vectors.at(-1) ?? [], 0.99))?.key, 'k999')
  assert.equal(await index.nearest('g', vectors[0] ?? [], 0.99), undefined)
  await index.add('g', 'short', vectors[0] ?? [], 1)
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(await index.nearest('g', vectors[0] ?? [], 0.99), undefined)
})

test('a zero vector is like nothing', async () => {
  const index = createMemoryVectors(() => 1e6)
  await index.add('g', 'zero', [0, 0, 0], 60_000)
  assert.equal(await index.nearest('g', [0, 0, 0], 0.1), undefined)
})

for (const cosine of [0.8, 0.9, 0.95, 0.99]) {
  test(`signatures lose hardly any pair with a cosine of ${cosine}, and pass over what is not alike`, () => {
    const signer = createSigner(256)
    const next = numbers(3)
    const most = signer.mostDifferent(cosine)
    let lost = 0
    let looked = 0
    for (let pair = 0; pair < 300; pair++) {
      const vector = randomVector(next, 256)
      const signature = signer.sign(Float32Array.from(vector))
      if (signer.difference(signature, signer.sign(Float32Array.from(alike(vector, cosine, next)))) > most) lost++
      if (signer.difference(signature, signer.sign(Float32Array.from(randomVector(next, 256)))) <= most) looked++
    }
    assert.ok(lost <= 1, `${lost} lost`)
    assert.ok(looked <= 6, `${looked} looked at for nothing`)
  })
}
