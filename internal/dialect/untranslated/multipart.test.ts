import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundaryOf, findField, replaceField } from './multipart.ts'

const form = (...parts: readonly string[]): Buffer =>
  Buffer.from(`${parts.map((part) => `--b0\r\n${part}\r\n`).join('')}--b0--\r\n`, 'latin1')
const file =
  'Content-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n\x00\xffname="model"\r\n\r\n--b'
const model = 'Content-Disposition: form-data; name="model"\r\n\r\nwhisper-1'

const boundaries: readonly [string, string | undefined][] = [
  ['multipart/form-data; boundary=b0', 'b0'],
  ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
  ['application/json', undefined],
  ['multipart/mixed; boundary=b0', undefined],
]
for (const [type, expected] of boundaries) test(`boundary of ${type}`, () => assert.equal(boundaryOf(type), expected))

test('a field is found behind a file that looks like one, and only it is changed', () => {
  const body = form(file, model)
  const field = findField(body, 'b0', 'model')
  assert.equal(field?.value, 'whisper-1')
  assert.ok(field)
  assert.deepEqual(replaceField(body, field, 'other/name'), form(file, model.replace('whisper-1', 'other/name')))
})

test('a form without the field, or cut short, has none', () => {
  assert.equal(findField(form(file), 'b0', 'model'), undefined)
  assert.equal(findField(form(model).subarray(0, 30), 'b0', 'model'), undefined)
  assert.equal(findField(Buffer.from('not a form'), 'b0', 'model'), undefined)
})
