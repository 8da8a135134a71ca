import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Heard, ok, opened, ours, provider } from '../../../test/support/raw-provider.ts'
import { createHttp2Pool } from '../http2-pool.ts'

const answers: Readonly<Record<string, string>> = {
  'an announced length': `${ok}Content-Length: 5\r\nX-A: b\r\n\r\nhello`,
  'a length of nothing': `${ok}Content-Length: 0\r\n\r\n`,
  chunks: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB; a=b\r\n hello again\r\n0\r\n\r\n`,
  'chunks with trailers': `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n00\r\nX-Late: 1\r\nX-Later: 2\r\n\r\n`,
  'a body until the end of the connection': `${ok}Content-Type: text/plain\r\n\r\nhello`,
  'a body that HTTP/1.0 sends': 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'no reason': 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi',
  'an empty reason': 'HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nhi',
  'an answer before the answer': `HTTP/1.1 103 Early Hints\r\nLink: w\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`,
  'no content': 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  'values twice': `${ok}Content-Length: 0\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX: 1\r\nx: 2\r\nX: 3\r\n\r\n`,
  'names of the language': `${ok}Content-Length: 0\r\nconstructor: a\r\n__proto__: b\r\ntoString: c\r\nconstructor: d\r\n\r\n`,
  'spaces around values': `${ok}Content-Length: 0\r\nX:\t a b\r\nY:\r\n\r\n`,
  'bytes beyond ASCII': `${ok}Content-Length: 1\r\nX: na\xefve\xa0\r\n\r\n\xff`,
  'less than announced': `${ok}Content-Length: 50\r\n\r\nhello`,
  'chunks without their end': `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  'a chunk that is longer than it says': `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`,
  'chunks of no size': `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`,
  'a chunk of vast size': `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello`,
  'a length and chunks': `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two lengths': `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
  'a length that is none': `${ok}Content-Length: 3x\r\n\r\nabc`,
  'a length below nothing': `${ok}Content-Length: -3\r\n\r\nabc`,
  'no HTTP': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'another version': 'HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'no status': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
  'a header without a colon': `${ok}Content-Length: 0\r\nnothing\r\n\r\n`,
  'a space before the colon': `${ok}Content-Length : 0\r\n\r\n`,
  'a header without a name': `${ok}: x\r\nContent-Length: 0\r\n\r\n`,
  'a null byte in a header': `${ok}Content-Length: 0\r\nX: a\x00b\r\n\r\n`,
  'a head that does not end': `${ok}Content-Length: 0\r\n`,
  nothing: '',
}

/** Sends the answer in so many pieces, and closes. */
function answering(answer: string, pieces: number): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', async () => {
      const bytes = Buffer.from(answer, 'latin1')
      const length = Math.max(1, Math.ceil(bytes.length / pieces))
      for (let at = 0; at < bytes.length; at += length) {
        socket.write(bytes.subarray(at, at + length))
        if (pieces > 1) await sleep(1)
      }
      socket.end()
    })
  }
}

for (const [name, answer] of Object.entries(answers)) {
  test(`understood as undici does: ${name}`, async () => {
    for (const pieces of [1, 7]) {
      const origin = await provider(answering(answer, pieces))
      const undici = createHttp2Pool(origin, { connectTimeoutMs: 2000, keepAliveMs: 30_000 })
      opened.push({ close: undici.destroy })
      const [expected, heard] = await Promise.all([ask(undici).ended, ask(ours(origin)).ended])
      const told = ({ status, headers, body, end }: Heard): unknown => (end === 'whole' ? { status, headers, body } : end)
      assert.deepEqual(told(heard), told(expected), `in ${pieces} pieces`)
    }
  })
}

// What RFC 9110 and 9112 have, and undici does not take.
for (const [name, answer] of [
  ['to go on, which nobody asked for', `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
  ['spaces around its length', `${ok}Content-Length: \t2 \r\n\r\nhi`],
] as const) {
  test(`an answer is understood that has ${name}`, async () => {
    const { status, body, end } = await ask(ours(await provider(answering(answer, 3)))).ended
    assert.deepEqual([status, body, end], [200, 'hi', 'whole'])
  })
}
