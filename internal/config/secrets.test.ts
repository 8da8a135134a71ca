import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock, test } from 'node:test'
import { createSecret, filesIn, fillIn } from './secrets.ts'

const sources = { env: { A: 'one', EMPTY: '' }, readFile: (path: string) => `of ${path}\n` }

const cases: readonly { text: string; value: string; missing?: readonly string[] }[] = [
  { text: 'plain', value: 'plain' },
  { text: '${A}', value: 'one' },
  { text: 'x${A}y${A}', value: 'xoneyone' },
  { text: '${B:-two}', value: 'two' },
  { text: '${B:-}', value: '' },
  { text: '${EMPTY:-two}', value: 'two' },
  { text: '${EMPTY}', value: '' },
  { text: '$${A}', value: '${A}' },
  { text: '${file:/k}', value: 'of /k' },
  { text: '${B}', value: '', missing: ['B'] },
  { text: '${not-a-name}', value: '${not-a-name}' },
]

for (const { text, value, missing = [] } of cases) {
  test(`secrets: ${text} is ${JSON.stringify(value)}`, () => {
    const filled = fillIn(text, sources)
    assert.equal(filled.value, value)
    assert.deepEqual(
      filled.missing.map(({ name }) => name),
      missing,
    )
  })
}

test('secrets: the files of a text', () => assert.deepEqual(filesIn('${file:/a}${A}${file:/b}'), ['/a', '/b']))

test('secrets: a key in a file follows the file, and stays while the file is away', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-secret-'))
  const path = join(folder, 'key')
  writeFileSync(path, 'first\n')
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.after(() => {
    mock.timers.reset()
    rmSync(folder, { recursive: true, force: true })
  })
  const secret = createSecret(`\${file:${path}}`, { env: {}, readFile: (file) => readFileSync(file, 'utf8') })
  assert.equal(secret.reveal(), 'first')
  rmSync(path)
  mock.timers.tick(1500)
  assert.equal(secret.reveal(), 'first')
  writeFileSync(path, 'second, longer\n')
  mock.timers.tick(1500)
  assert.equal(secret.reveal(), 'second, longer')
})
