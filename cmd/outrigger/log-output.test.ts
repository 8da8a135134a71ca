import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeLogTo } from './log-output.ts'

/** Standard output behind a pipe that takes so many bytes at once now, and what it got, by whom. */
function pipeThatTakes(...room: readonly number[]) {
  const rooms = [...room]
  const got: string[] = []
  const output = { fd: 1, writableLength: 0, write: (bytes: Uint8Array) => got.push(`stream ${Buffer.from(bytes)}`) }
  const write = writeLogTo(output, (_fd, bytes, length) => {
    const taken = Math.min(length, rooms.shift() ?? 0)
    if (taken > 0) got.push(`at once ${Buffer.from(bytes.subarray(0, taken))}`)
    return taken
  })
  return { got, output, write: (text: string) => write(Buffer.from(text), Buffer.byteLength(text)) }
}

test('log output: what the system takes goes at once', () => {
  const { got, write } = pipeThatTakes(100, 100)
  write('one')
  write('two')
  assert.deepEqual(got, ['at once one', 'at once two'])
})

test('log output: what it does not take waits in the stream, and all that follows stays behind it', () => {
  const { got, output, write } = pipeThatTakes(2, 100)
  write('first')
  output.writableLength = 3
  write('second')
  output.writableLength = 0
  write('third')
  assert.deepEqual(got, ['at once fi', 'stream rst', 'stream second', 'at once third'])
})

test('log output: what the stream keeps stays as it was when the bytes are used again', () => {
  const kept: Uint8Array[] = []
  const output = { fd: 1, writableLength: 0, write: (bytes: Uint8Array) => kept.push(bytes) }
  const bytes = Buffer.from('kept')
  writeLogTo(output, () => 0)(bytes, bytes.length)
  bytes.fill('x')
  assert.equal(String(kept[0]), 'kept')
})
