import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { suite, test } from 'node:test'
import { createServer, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { type Certificate, makeCertificate, withoutOpenssl } from '../../../test/support/certificate.ts'
import { ask, assertHeldBack, flood, type Heard, listen, ok, ours, question } from '../../../test/support/raw-provider.ts'

const filesOf = ({ certificate, key }: Certificate): { readonly cert: Buffer; readonly key: Buffer } => ({
  cert: readFileSync(certificate),
  key: readFileSync(key),
})

const answer = `${ok}Content-Length: 2\r\n\r\nhi`

/** A provider that answers each request; and the connections that it has had. */
async function provider(named: Certificate): Promise<{ readonly port: number; readonly connections: readonly TLSSocket[] }> {
  const connections: TLSSocket[] = []
  const server = createServer({ ...filesOf(named), ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    connections.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  return { port: await listen(server), connections }
}

/** Tells its port, and with each answer how many connections it has had. */
const counting = `
const { readFileSync } = require('node:fs')
let connections = 0
require('node:tls').createServer({ cert: readFileSync(process.argv[1]), key: readFileSync(process.argv[2]) }, (socket) => {
  connections++
  socket.on('error', () => {})
  socket.on('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\n' + String(connections).padStart(4)))
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

function codeOf({ error }: Heard): unknown {
  return error !== undefined && 'code' in error ? error.code : undefined
}

suite('connections with TLS', { skip: withoutOpenssl }, () => {
  const own = makeCertificate()
  const another = makeCertificate('DNS:elsewhere.test')
  setDefaultCACertificates([own, another].map(({ certificate }) => readFileSync(certificate, 'utf8')))

  test('HTTP/1.1 is agreed on, and the next request goes over the same connection', async () => {
    const { port, connections } = await provider(own)
    const to = ours(`https://localhost:${port}`)
    for (const _time of [1, 2]) assert.equal((await ask(to).ended).body, 'hi')
    assert.deepEqual(
      connections.map(({ alpnProtocol }) => alpnProtocol),
      ['http/1.1'],
    )
  })

  test('a connection is used again however quick the answer is', async () => {
    // A process of its own: it answers while this one has not been told yet that the request is written.
    const server = spawn(process.execPath, ['-e', counting, own.certificate, own.key], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [port] = await once(server.stdout, 'data')
    const to = ours(`https://localhost:${Number(String(port))}`)
    const lanes = 16
    let connections = 0
    const lane = async (): Promise<void> => {
      for (let count = 0; count < 25; count++) {
        connections = Math.max(connections, Number((await ask(to).ended).body))
        // Asked at the end of a turn, as the relay does.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    server.kill()
    assert.ok(connections >= lanes && connections < 3 * lanes, `${connections} connections`)
  })

  test('who wants no more for now is sent no more', async () => {
    let provided: TLSSocket | undefined
    const server = createServer(filesOf(own), (socket) => {
      provided = socket
      socket.on('error', () => {})
      flood(socket)
    })
    await assertHeldBack(ask(ours(`https://localhost:${await listen(server)}`)), () => provided)
  })

  test('a server is named by its name, not by its address', async () => {
    const { port, connections } = await provider(own)
    for (const host of ['localhost', '127.0.0.1']) assert.equal((await ask(ours(`https://${host}:${port}`)).ended).body, 'hi')
    assert.deepEqual(
      connections.map(({ servername }) => servername),
      ['localhost', false],
    )
  })

  test('a later connection goes on with what an earlier one has agreed on', async () => {
    const { port, connections } = await provider(own)
    const to = ours(`https://localhost:${port}`)
    await ask(to).ended
    await Promise.all([ask(to).ended, ask(to).ended])
    assert.deepEqual(
      connections.map((socket) => socket.isSessionReused()),
      [false, true],
    )
  })

  for (const [who, code, named] of [
    ['whose certificate nobody vouches for', 'DEPTH_ZERO_SELF_SIGNED_CERT', makeCertificate()],
    ['that has the certificate of another', 'ERR_TLS_CERT_ALTNAME_INVALID', another],
  ] as const) {
    test(`a provider ${who} is sent nothing`, async () => {
      const { port, connections } = await provider(named)
      assert.equal(codeOf(await ask(ours(`https://localhost:${port}`)).ended), code)
      assert.equal(
        connections.reduce((sum, socket) => sum + socket.bytesRead, 0),
        0,
      )
    })
  }

  test('a handshake that does not end in time is given up', async () => {
    const port = await listen(createTcpServer())
    assert.equal(codeOf(await ask(ours(`https://localhost:${port}`, 50)).ended), 'UND_ERR_CONNECT_TIMEOUT')
  })

  test('who does not speak TLS is told as a failure', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const { error, status } = await ask(ours(`https://localhost:${port}`)).ended
    assert.equal(status, undefined)
    assert.match(String(error), /wrong version number/)
  })

  test('a provider that speaks HTTP/2 only is asked in HTTP/2, and not in HTTP/1.1 again', async () => {
    let refused = 0
    const asked: string[] = []
    const server = createSecureServer({ ...filesOf(own), allowHTTP1: false }, async (request, response) => {
      asked.push(`${request.httpVersion} ${(await request.toArray()).join('')}`)
      response.end('hi')
    })
    server.on('tlsClientError', () => refused++)
    const to = ours(`https://localhost:${await listen(server)}`)
    for (const body of ['first', [Buffer.from('sec'), Buffer.from('ond')]] as const) {
      assert.equal((await ask(to, { ...question, body }).ended).body, 'hi')
    }
    assert.deepEqual(asked, ['2.0 first', '2.0 second'])
    assert.equal(refused, 1)
  })
})
