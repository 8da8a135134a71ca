import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BodySink, decompressing } from './decompress.ts'

const inner: BodySink = { data() {}, end() {} }

for (const encoding of ['identity', 'compress', 'constructor', '__proto__']) {
  test(`a body in the encoding ${encoding} stays as it is`, () => {
    assert.equal(
      decompressing(encoding, inner, () => {}),
      inner,
    )
  })
}
