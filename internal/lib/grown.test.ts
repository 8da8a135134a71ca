import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { grown } from './grown.ts'

describe('a text that grows by pieces', () => {
  it('is what plain concatenation makes of them', () => {
    const pieces = Array.from({ length: 5000 }, (_, at) => ['', 'a', 'ä€', '\ud83d', '\ude00', ` word ${at}`][at % 6] ?? '')
    assert.equal(pieces.reduce(grown, ''), pieces.join(''))
  })

  it('keeps neither the packets that its pieces were cut from nor the joints between them', () => {
    const before = heapUsed()
    const texts = Array.from({ length: 50 }, (_, of) => cutFromPackets(of))
    const bytesEach = (heapUsed() - before) / texts.length
    const characters = texts.reduce((sum, { length }) => sum + length, 0) / texts.length
    assert.ok(bytesEach < 2.5 * characters, `${bytesEach} bytes for ${characters} characters`)
  })
})

/** A text of a thousand pieces, each cut out of a packet of its own, as frames are read. */
function cutFromPackets(of: number): string {
  let text = ''
  for (let at = 0; at < 1000; at++) {
    const packet = Buffer.from(
      `data: {"choices":[{"delta":{"content":"${of} words of ${at}, and more"}}],"of":"a packet"}\n\n`,
    ).toString()
    const start = packet.indexOf('content":"') + 10
    text = grown(text, packet.slice(start, packet.indexOf('"}', start)))
  }
  return text
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}
