import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { asObject, parseJson } from '#lib/json.ts'
import { partNames, partOf, parts } from '../../scripts/executable/parts.ts'

test('what the executable loads late are dependencies of the relay, and no piece is forgotten', () => {
  const manifest = parseJson(readFileSync('package.json', 'utf8'))
  const dependencies = Object.keys(asObject(asObject(manifest.ok ? manifest.value : undefined)['dependencies']))
  const packages: readonly string[] = Object.values(parts).flat()
  assert.deepEqual(
    packages.filter((name) => !dependencies.some((known) => name === known || name.startsWith(`${known}/`))),
    [],
  )
  assert.deepEqual(Object.keys(parts).sort(), [...partNames].sort())
})

test('an import within such a package is of its piece; undici’s connections are a piece of their own', () => {
  assert.equal(partOf('@opentelemetry/otlp-exporter-base/node-http'), 'traces')
  assert.equal(partOf('undici'), 'undici')
  assert.equal(partOf('undici/lib/dispatcher/pool.js'), 'connections')
  assert.equal(partOf('undici/lib/dispatcher/agent.js'), undefined)
  assert.equal(partOf('@redis/client-other'), undefined)
})
