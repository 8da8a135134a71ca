import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, textOf } from './blocks.ts'

const told = new Set((textOf('docs/errors.md').match(/^\| `.*?` \|/gm) ?? []).flatMap((row) => row.match(/[a-z_]{4,}/g) ?? []))
const sources = globSync('internal/{relay,server,clients,guardrails,routing,canonical}/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')

test('docs: every code that the relay answers with is in docs/errors.md', () => {
  const used = new Set([...sources.matchAll(/\bcode: '([a-z_]+)'/g)].map((match) => match[1] ?? ''))
  assert.ok(used.size > 10)
  assert.deepEqual(
    [...used].filter((code) => !told.has(code)),
    [],
  )
})

test('docs: every code of docs/errors.md is one that the source has', () => {
  assert.deepEqual(
    [...told].filter((code) => !sources.includes(`'${code}'`)),
    [],
  )
})
