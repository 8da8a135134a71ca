import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

test('key new: the digest for the file is that of the key for the application', () => {
  const { stdout, status } = spawnSync(process.execPath, ['cmd/outrigger/main.ts', 'key', 'new', '--name', 'web', '--json'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0)
  const made: unknown = JSON.parse(stdout)
  assert.ok(typeof made === 'object' && made !== null && 'key' in made && 'hashed' in made)
  assert.equal(made.hashed, `sha256:${createHash('sha256').update(String(made.key)).digest('hex')}`)
})
