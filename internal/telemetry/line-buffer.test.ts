import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bufferLines } from './line-buffer.ts'

/** What a buffer gave, each time as it was then. */
function gather() {
  const given: string[] = []
  return { given, lines: bufferLines((bytes, length) => given.push(Buffer.from(bytes.subarray(0, length)).toString())) }
}

test('line buffer: lines go together after a moment', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { given, lines } = gather()
  lines.write('one\n')
  lines.write('two – 漢字 🦊\n')
  assert.deepEqual(given, [])
  t.mock.timers.tick(20)
  assert.deepEqual(given, ['one\ntwo – 漢字 🦊\n'])
  t.mock.timers.tick(100)
  assert.equal(given.length, 1)
})

test('line buffer: many lines do not wait, and none is lost or torn', () => {
  const { given, lines } = gather()
  const written = Array.from({ length: 2000 }, (_, number) => `${number} ${'é漢🦊'.repeat(number % 40)}\n`)
  for (const line of written) lines.write(line)
  assert.ok(given.length > 5)
  assert.ok(given.every((text) => text.endsWith('\n')))
  lines.flush()
  lines.flush()
  assert.equal(given.join(''), written.join(''))
})

test('line buffer: a line that is larger than the room goes by itself, behind those before it', () => {
  const { given, lines } = gather()
  const large = `${'漢'.repeat(70_000)}\n`
  for (const line of ['before\n', large, 'after\n']) lines.write(line)
  lines.flush()
  assert.deepEqual(given, ['before\n', large, 'after\n'])
})
