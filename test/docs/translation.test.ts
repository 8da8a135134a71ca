import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { translationPage } from '../../scripts/translation/page.ts'

// The page cannot be made at all when a field vanishes without being named.
test('docs/translation.md is what the encoders do', () => {
  const path = join(import.meta.dirname, '../../docs/translation.md')
  assert.equal(readFileSync(path, 'utf8'), translationPage(), 'write it again with `make docs`')
})
