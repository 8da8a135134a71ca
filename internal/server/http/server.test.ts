import assert from 'node:assert/strict'
import { createServer, type Server, type ServerOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenLocally } from '../../../test/support/listen.ts'
import { createLightServer, type OnRequest } from './server.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  return await listenLocally(server)
}

const options: ServerOptions = {
  keepAliveTimeout: 5000,
  maxHeaderSize: 8192,
  requestTimeout: 300,
  connectionsCheckingInterval: 50,
}

/** Tells what it was asked: whole, streamed or without looking at the body. */
const echo: OnRequest = (request, response) => {
  const { method, url, headers } = request
  const told = (body: string): string => JSON.stringify({ method, url, headers, body })
  if (url === '/unread') {
    response.writeHead(200, { 'content-length': '6' })
    response.end('unread')
    return
  }
  let body = ''
  request.read({
    data: (bytes) => {
      body += bytes.toString('latin1')
    },
    end() {
      const text = told(body)
      if (url === '/stream') {
        response.writeHead(200, { 'content-type': 'text/plain' })
        response.write('first ✓')
        response.write(Buffer.from('bytes'))
        response.end(text)
      } else if (url === '/none') {
        response.writeHead(204, {})
        response.end()
      } else {
        response.writeHead(200, { 'content-length': String(Buffer.byteLength(text)), 'x-name': 'value' })
        response.end(text)
      }
    },
    gone() {},
  })
}

/** The same with node:http's own requests and answers, which are what ours are measured by. */
function nodesOwn(): Server {
  return createServer(options, (request, response) => {
    let body = ''
    echo(
      {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        socket: request.socket,
        destroyed: false,
        read(sink) {
          request.on('data', (bytes: Buffer) => {
            body += bytes.toString('latin1')
          })
          request.on('end', () => {
            sink.data(Buffer.from(body, 'latin1'))
            sink.end()
          })
          request.on('error', () => {})
        },
        stop() {},
      },
      {
        headersSent: false,
        destroyed: false,
        bodyBytes: 0,
        closeAfter() {},
        writeHead: (status, headers) => void response.writeHead(status, headers),
        write: (piece) => response.write(piece),
        onDrain() {},
        end: (piece) => void response.end(piece),
        onGone() {},
        destroy() {},
      },
    )
  })
}

/** What comes back over one connection until it closes or nothing has come for a while; dates are left out. */
async function exchange(port: number, pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  let last = Date.now()
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1')
    last = Date.now()
  })
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')))
  socket.on('error', () => {})
  for (const piece of pieces) {
    socket.write(piece, 'latin1')
    if (pieces.length > 1) await sleep(2)
  }
  const quiet = async (): Promise<string> => {
    while (Date.now() - last < 120) await sleep(10)
    return 'open'
  }
  const end = await Promise.race([closed, quiet()])
  socket.destroy()
  return `${heard.replace(/Date: [^\r]*/g, 'Date: -')}[${end}]`
}

const get = (url: string, more = ''): string => `GET ${url} HTTP/1.1\r\nHost: h\r\n${more}\r\n`
const post = (url: string, body: string, more = ''): string =>
  `POST ${url} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

const conversations: Readonly<Record<string, string>> = {
  'a question without a body': get('/a?b=c'),
  'a body of announced length': post('/', 'a body'),
  'a body in chunks, with trailers': `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Late: 1\r\n\r\n`,
  'a streamed answer': post('/stream', 'x'),
  'an answer without a body': post('/none', 'x'),
  'two questions at once': post('/1', 'one') + post('/2', 'two') + get('/3'),
  'a body that nobody reads, and another question': post('/unread', 'u'.repeat(30_000)) + get('/after'),
  'a question of HTTP/1.0': 'GET / HTTP/1.0\r\n\r\n',
  'a streamed answer to HTTP/1.0': 'GET /stream HTTP/1.0\r\n\r\n',
  'HTTP/1.0 that keeps its connection': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'only the head is wanted': 'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n',
  'the head of a stream is wanted': 'HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n',
  'a client that closes afterwards': get('/', 'Connection: close\r\n'),
  'a client that asks whether it may go on': `POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
  'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'headers twice': get(
    '/',
    'A: 1\r\na: 2\r\nCookie: c=1\r\ncookie: d=2\r\nAuthorization: x\r\nauthorization: y\r\nContent-Type: p\r\nContent-Type: q\r\nSet-Cookie: s\r\nSet-Cookie: t\r\nX-A: 1\r\nX-a: 2\r\n',
  ),
  'names of the language': get('/', '__proto__: 1\r\nconstructor: 2\r\ntoString: 3\r\nconstructor: 4\r\n'),
  'bytes beyond ASCII': get('/', 'X: na\xefve\r\n'),
  'a folded header': get('/', 'X: a\r\n b\r\n'),
  'two lengths': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
  'the same length twice': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'a length and chunks': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a length that is none': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc',
  'a coding that is not the last': 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  'a chunk whose size is none': 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n0\r\n\r\n',
  'a space before the colon': 'GET / HTTP/1.1\r\nHost : h\r\n\r\n',
  'a line break that is none': 'GET / HTTP/1.1\nHost: h\n\n',
  'a null byte': get('/', 'X: a\x00b\r\n'),
  'headers that are too large': get('/', `X: ${'x'.repeat(9000)}\r\n`),
  'many headers': get('/', Array.from({ length: 100 }, (_, at) => `X-${at}: ${at}\r\n`).join('')),
  'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a tunnel': 'CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n',
  'an upgrade': get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
  'a whole URL': get('http://h/x'),
  'options of all': 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n',
  'a method that nobody knows': 'BREW / HTTP/1.1\r\nHost: h\r\n\r\n',
  'no HTTP at all': 'hello\r\n\r\n',
  'a body that never ends': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf',
  'a head that never ends': 'GET / HTTP/1.1\r\nHost: h\r\n',
}

for (const [name, text] of Object.entries(conversations)) {
  test(`byte for byte as node:http answers: ${name}`, async () => {
    const [ours, nodes] = [await portOf(createLightServer(options, echo)), await portOf(nodesOwn())]
    const inHalves = [text.slice(0, text.length >> 1), text.slice(text.length >> 1)]
    const [expected, heard, heardInHalves] = await Promise.all([
      exchange(nodes, [text]),
      exchange(ours, [text]),
      exchange(ours, inHalves),
    ])
    assert.equal(heard, expected)
    assert.equal(heardInHalves, expected)
  })
}

test('an expectation that nobody knows is told to fail', async () => {
  const heard = await exchange(await portOf(createLightServer(options, echo)), [get('/', 'Expect: magic\r\n') + get('/next')])
  assert.ok(heard.startsWith('HTTP/1.1 417 Expectation Failed\r\n') && heard.includes('/next'))
})

test('a request that names no host is refused', async () => {
  const heard = await exchange(await portOf(createLightServer(options, echo)), ['GET / HTTP/1.1\r\n\r\n'])
  assert.ok(heard.startsWith('HTTP/1.1 400 Bad Request\r\n') && heard.includes('Connection: close') && heard.endsWith('[closed]'))
})

test('questions that come at once are answered in their order, a stream among them', async () => {
  const server = createLightServer(options, ({ url }, response) => {
    setTimeout(
      () => {
        response.writeHead(200, {})
        response.write(`${url} `)
        response.end('told')
      },
      url === '/first' ? 40 : 0,
    )
  })
  const heard = await exchange(await portOf(server), [get('/first') + get('/second') + get('/third')])
  assert.deepEqual(heard.match(/\/\w+ |told/g), ['/first ', 'told', '/second ', 'told', '/third ', 'told'])
})

type Left = { readonly server: Server; readonly socket: Socket; readonly heard: () => string }

async function ask(onRequest: OnRequest, text: string): Promise<Left> {
  const server = createLightServer(options, onRequest)
  const socket = connect(await portOf(server), '127.0.0.1')
  let heard = ''
  socket.on('data', (bytes) => {
    heard += String(bytes)
  })
  socket.on('error', () => {})
  socket.write(text)
  return { server, socket, heard: () => heard }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waits = 0; waits < 400 && !isSo(); waits++) await sleep(5)
  assert.ok(isSo())
}

test('a client that is slow is waited for, and what it reads is whole', async () => {
  const piece = 'x'.repeat(50_000)
  let waits = 0
  const { socket, heard } = await ask((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    let left = 400
    const go = (): void => {
      while (left-- > 0) {
        if (response.write(piece)) continue
        waits++
        response.onDrain(go)
        return
      }
      response.end('the end')
    }
    go()
  }, get('/'))
  socket.pause()
  await sleep(100)
  const before = waits
  assert.ok(before < 400)
  socket.resume()
  await until(() => heard().endsWith('the end\r\n0\r\n\r\n'))
  assert.equal(heard().split(piece).length - 1, 400)
  assert.ok(waits > before)
})

test('who leaves before the end is told of once, and nothing is written to him', async () => {
  let gone = 0
  let written: boolean | undefined
  const { socket } = await ask((_request, response) => {
    response.writeHead(200, {})
    response.write('begun')
    response.onGone(() => {
      gone++
      written = response.write('more')
      response.end()
      response.onGone(() => gone++)
    })
  }, get('/'))
  await sleep(30)
  socket.destroy()
  await until(() => gone > 0)
  await sleep(20)
  assert.deepEqual([gone, written], [2, true])
})

test('who leaves in the middle of his body is told of to its reader', async () => {
  const told: string[] = []
  const { socket } = await ask((request, response) => {
    request.read({ data: (bytes) => told.push(String(bytes)), end: () => told.push('end'), gone: () => told.push('gone') })
    response.onGone(() => told.push('left'))
  }, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf')
  await until(() => told.length === 1)
  socket.destroy()
  await until(() => told.length === 3)
  assert.deepEqual(told, ['half', 'gone', 'left'])
})

test('who is answered hears no more of leaving', async () => {
  let gone = 0
  const { socket, heard } = await ask((_request, response) => {
    response.onGone(() => gone++)
    response.writeHead(200, {})
    response.end('whole')
  }, get('/'))
  await until(() => heard().includes('whole'))
  socket.destroy()
  await sleep(30)
  assert.equal(gone, 0)
})

test('of a large body that is not wanted no more is read', async () => {
  let bytes = 0
  const { socket, heard } = await ask(
    (request, response) => {
      request.read({
        data(chunk) {
          bytes += chunk.length
          request.stop()
        },
        end: () => assert.fail('it was stopped'),
        gone() {},
      })
      setTimeout(() => {
        response.closeAfter()
        response.writeHead(413, {})
        response.end('too large')
      }, 50)
    },
    post('/', 'x'.repeat(5_000_000)),
  )
  await until(() => heard().includes('too large'))
  assert.ok(bytes > 0 && bytes < 1_000_000)
  assert.match(heard(), /Connection: close/)
  socket.destroy()
})

test('a body waits for its reader, and the client with it', async () => {
  let got = 0
  let ended = false
  const body = 'x'.repeat(30_000_000)
  const { socket } = await ask(
    (request, response) => {
      setTimeout(() => {
        request.read({
          data(chunk) {
            got += chunk.length
          },
          end() {
            ended = true
          },
          gone() {},
        })
        response.end()
      }, 100)
    },
    post('/', body),
  )
  await sleep(50)
  assert.ok(socket.writableLength > 0)
  await until(() => ended)
  assert.equal(got, body.length)
})

test('a header beyond ASCII is written in Latin-1, whatever the body is', async () => {
  const server = createLightServer(options, (_request, response) => {
    response.writeHead(200, { 'x-name': 'na\u00efve' })
    response.end('✓')
  })
  const heard = await exchange(await portOf(server), [get('/')])
  assert.match(heard, /x-name: na\u00efve\r\n/)
  assert.ok(heard.includes(Buffer.from('✓').toString('latin1')))
})

test('a header that would begin another is refused, and another answer can be given', async () => {
  let thrown: unknown
  const { heard } = await ask((_request, response) => {
    try {
      response.writeHead(200, { 'x-a': 'b\r\nx-c: d' })
    } catch (error) {
      thrown = error
    }
    response.writeHead(500, {})
    response.end('sorry')
  }, get('/'))
  await until(() => heard().includes('sorry'))
  assert.ok(thrown instanceof TypeError)
  assert.match(heard(), /^HTTP\/1.1 500 /)
})

test('a connection that is idle is closed in time, and one that is closed after its answer closes', async () => {
  const server = createLightServer({ keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0 }, (_request, response) =>
    response.end('hello'),
  )
  const port = await portOf(server)
  assert.match(await exchange(port, [get('/')]), /hello\[closed\]$/)
})

test('an answer that is cut does not look whole', async () => {
  const { heard, socket } = await ask((_request, response) => {
    response.writeHead(200, {})
    response.write('begun')
    setTimeout(() => response.destroy(), 20)
  }, get('/'))
  await new Promise((resolve) => socket.once('close', resolve))
  assert.ok(heard().includes('begun') && !heard().endsWith('0\r\n\r\n'))
})
