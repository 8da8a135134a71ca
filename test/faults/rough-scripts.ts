import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { chunk, http, json, lastChunk, type RoughCall, type Script, sleep, streamHead } from '../support/rough-server.ts'

/** What a sound provider says: 60 words, some of which take several bytes a letter. */
export const roughAnswer = Array.from({ length: 60 }, (_, at) => (at % 7 === 3 ? `wörd${at}🦊` : `word${at}`)).join(' ')

const words = roughAnswer.split(' ')
const usage = { prompt_tokens: 20, completion_tokens: 60, total_tokens: 80 }

function frame(model: string, fields: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, ...fields })}\n\n`
}

function delta(model: string, content: object, finish: string | null = null): string {
  return frame(model, { choices: [{ index: 0, delta: content, finish_reason: finish }] })
}

const role = (model: string): string => delta(model, { role: 'assistant', content: '' })

/** The events of the words from one place to another. */
function spoken(model: string, from: number, to: number): string {
  return words
    .slice(from, to)
    .map((word, at) => delta(model, { content: from + at === 0 ? word : ` ${word}` }))
    .join('')
}

function ending(model: string): string {
  return `${delta(model, {}, 'stop')}${frame(model, { choices: [], usage })}data: [DONE]\n\n`
}

const soundStream = (model: string): string => role(model) + spoken(model, 0, 60) + ending(model)

function whole(model: string): string {
  const choices = [{ index: 0, message: { role: 'assistant', content: roughAnswer }, finish_reason: 'stop' }]
  return JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model, choices, usage })
}

const wantsStream = ({ body }: RoughCall): boolean => body['stream'] === true

/** A sound answer in the form that was asked for. */
export const sound: Script = (socket, call) => {
  if (!wantsStream(call)) return void socket.write(json(200, whole(call.model)))
  socket.write(streamHead + chunk(soundStream(call.model)).toString('utf8') + lastChunk)
}

const sse = 'text/event-stream'

/** The first time the fault, and then a sound answer. */
const once =
  (fault: Script): Script =>
  (socket, call) =>
    call.attempt === 1 ? fault(socket, call) : sound(socket, call)

/** A fault of streams; whole answers are sound. */
const streamed =
  (fault: Script): Script =>
  (socket, call) =>
    wantsStream(call) ? fault(socket, call) : sound(socket, call)

const stream =
  (body: (model: string) => string): Script =>
  (socket, { model }) =>
    void socket.write(Buffer.concat([Buffer.from(streamHead), chunk(body(model)), Buffer.from(lastChunk)]))

const answer =
  (bytes: (call: RoughCall) => Buffer): Script =>
  (socket, call) =>
    void socket.write(bytes(call))

async function bytewise(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(chunk(Buffer.of(byte)))
    if (byte > 127) await sleep(0)
  }
  socket.write(lastChunk)
}

/** Slower than anybody waits for: one byte at a time, so that something comes all the time and nothing ever is whole. */
async function drip(socket: Socket, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    if (socket.destroyed) return
    socket.write(chunk(Buffer.of(byte)))
    await sleep(100)
  }
}

const errorBody = (message: string, code: string): string =>
  JSON.stringify({ error: { message, type: 'server_error', code, param: null } })

/** Everything that a provider, or what stands before it, has been seen to do with HTTP. */
export const roughScripts: Readonly<Record<string, Script>> = {
  sound,
  'error-in-200': answer(() => json(200, errorBody('The engine is overloaded.', 'overloaded'))),
  'error-string-in-200': answer(() => json(200, '{"error":"upstream failed"}')),
  'detail-in-200': answer(() => json(200, '{"detail":"Internal server error"}')),
  'html-200': answer(() => http('200 OK', { 'content-type': 'text/html', 'content-length': '24' }, '<html>we are busy</html>')),
  'nothing-200': answer((call) =>
    http('200 OK', { 'content-type': wantsStream(call) ? sse : 'application/json', 'content-length': '0' }, ''),
  ),
  'null-200': answer(() => json(200, 'null')),
  'array-200': answer(() => json(200, '[]')),
  'no-content': answer(() => http('204 No Content', {}, '')),
  'no-type': (socket, call) => {
    if (!wantsStream(call)) {
      const body = whole(call.model)
      return void socket.write(http('200 OK', { 'content-length': String(Buffer.byteLength(body)) }, body))
    }
    socket.write(
      Buffer.concat([
        Buffer.from(streamHead.replace(/content-type.*\r\n/, '')),
        chunk(soundStream(call.model)),
        Buffer.from(lastChunk),
      ]),
    )
  },
  redirect: answer(() => http('307 Temporary Redirect', { location: 'https://elsewhere.invalid/', 'content-length': '0' }, '')),
  'moved-to-login': answer(() => http('302 Found', { location: '/login', 'content-length': '5' }, 'login')),
  'early-hints': (socket, call) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n')
    return sound(socket, call)
  },
  processing: (socket, call) => {
    socket.write('HTTP/1.1 102 Processing\r\n\r\n')
    return sound(socket, call)
  },
  'http-1.0': (socket, call) => {
    const body = wantsStream(call) ? soundStream(call.model) : whole(call.model)
    socket.end(http('200 OK', { 'content-type': wantsStream(call) ? sse : 'application/json' }, body, '1.0'))
  },
  'http-1.0-cut': (socket, call) => {
    const body = wantsStream(call) ? role(call.model) + spoken(call.model, 0, 40) : whole(call.model).slice(0, 300)
    socket.end(http('200 OK', { 'content-type': wantsStream(call) ? sse : 'application/json' }, body, '1.0'))
  },
  'connection-close': (socket, call) => {
    const body = wantsStream(call) ? soundStream(call.model) : whole(call.model)
    const headers = { 'content-type': wantsStream(call) ? sse : 'application/json', connection: 'close' }
    socket.end(http('200 OK', { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body))
  },
  gzip: answer((call) => compressed(call, 'gzip', gzipSync)),
  brotli: answer((call) => compressed(call, 'br', brotliCompressSync)),
  'broken-gzip': answer((call) => compressed(call, 'gzip', (text) => Buffer.from(text))),
  'byte-by-byte': async (socket, call) => {
    const type = wantsStream(call) ? sse : 'application/json'
    socket.write(streamHead.replace(sse, type))
    await bytewise(socket, Buffer.from(wantsStream(call) ? soundStream(call.model) : whole(call.model)))
  },
  'reset-after-headers': (socket) => {
    socket.write(streamHead)
    setTimeout(() => socket.resetAndDestroy(), 20)
  },
  'reset-once': once((socket) => void socket.resetAndDestroy()),
  'closed-once': once((socket) => void socket.end()),
  garbage: answer(() => Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')),
  'bad-status': answer(() => Buffer.from('HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n')),
  'bad-chunk': answer(() => Buffer.from(`${streamHead}zz\r\nnonsense\r\n`)),
  'short-body': answer((call) => {
    const type = wantsStream(call) ? sse : 'application/json'
    const body = wantsStream(call) ? role(call.model) + spoken(call.model, 0, 40) : whole(call.model).slice(0, 200)
    return http('200 OK', { 'content-type': type, 'content-length': '99999', connection: 'close' }, body)
  }),
  'large-headers': answer((call) => json(200, whole(call.model), { 'x-large': 'x'.repeat(40_000) })),
  'drip-before': (socket, { model }) => {
    socket.write(streamHead)
    return drip(socket, role(model) + spoken(model, 0, 10))
  },
  'drip-after': streamed((socket, { model }) => {
    socket.write(Buffer.concat([Buffer.from(streamHead), chunk(role(model) + spoken(model, 0, 20))]))
    return drip(socket, spoken(model, 20, 60))
  }),
  'comments-only': streamed(async (socket) => {
    socket.write(streamHead)
    while (!socket.destroyed) {
      socket.write(chunk(': keep-alive\n\n'))
      await sleep(100)
    }
  }),
  'started-whole': async (socket, call) => {
    if (wantsStream(call)) return sound(socket, call)
    socket.write(
      http('200 OK', { 'content-type': 'application/json', 'content-length': '9999' }, whole(call.model).slice(0, 150)),
    )
  },
  'padded-whole': async (socket, call) => {
    if (wantsStream(call)) return sound(socket, call)
    socket.write(streamHead.replace(sse, 'application/json'))
    for (let at = 0; at < 16; at++) {
      socket.write(chunk('\n'))
      await sleep(100)
    }
    socket.write(Buffer.concat([chunk(whole(call.model)), Buffer.from(lastChunk)]))
  },
  crlf: streamed(stream((model) => soundStream(model).replaceAll('\n', '\r\n'))),
  'byte-order-mark': streamed(stream((model) => `\uFEFF${soundStream(model)}`)),
  'no-spaces': streamed(stream((model) => soundStream(model).replaceAll('data: ', 'data:'))),
  'named-events': streamed(
    stream((model) => soundStream(model).replaceAll('data: ', 'id: 7\nevent: message\nretry: 10\ndata: ')),
  ),
  'finish-twice': streamed(
    stream(
      (model) =>
        role(model) + spoken(model, 0, 60) + delta(model, {}, 'stop') + delta(model, { content: '' }, 'stop') + ending(model),
    ),
  ),
  'after-the-end': streamed(
    stream((model) => `${soundStream(model)}${delta(model, { content: ' and more' })}data: {"x":\n\ngarbage\n\n`),
  ),
  'no-finish-no-done': streamed(stream((model) => role(model) + spoken(model, 0, 60))),
  'done-only': streamed(stream(() => 'data: [DONE]\n\n')),
  'done-after-role': streamed(stream((model) => `${role(model)}data: [DONE]\n\n`)),
  'error-first': streamed(stream(() => `data: ${errorBody('overloaded', 'overloaded')}\n\n`)),
  'error-event-first': streamed(stream(() => `event: error\ndata: {"message":"boom","type":"server_error"}\n\n`)),
  'error-after-40': streamed(
    stream(
      (model) =>
        `${role(model)}${spoken(model, 0, 40)}data: ${errorBody('The server had an error.', 'server_error')}\n\ndata: [DONE]\n\n`,
    ),
  ),
  'error-finish-after-40': streamed(
    stream((model) => `${role(model)}${spoken(model, 0, 40)}${delta(model, {}, 'error')}data: [DONE]\n\n`),
  ),
  'garbled-events': streamed(
    stream(
      (model) =>
        `${role(model)}data: {"choices": [\n\n${spoken(model, 0, 30)}data: null\n\ndata: 7\n\n${spoken(model, 30, 60)}${ending(model)}`,
    ),
  ),
  'one-large-event': streamed(
    stream(
      (model) =>
        role(model) +
        delta(model, { content: roughAnswer }) +
        frame(model, { choices: [], padding: 'x'.repeat(3_000_000) }) +
        ending(model),
    ),
  ),
  'endless-line': streamed(async (socket, { model }) => {
    socket.write(Buffer.concat([Buffer.from(streamHead), chunk(role(model)), chunk('data: ')]))
    const piece = chunk('x'.repeat(1 << 20))
    for (let at = 0; at < 200 && !socket.destroyed; at++) {
      if (!socket.write(piece)) await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve))
    }
  }),
  'closes-when-idle': (socket, call) => {
    const answered = sound(socket, call)
    setImmediate(() => socket.end())
    return answered
  },
  'resets-the-second': (socket, call) => (call.reused ? void socket.resetAndDestroy() : sound(socket, call)),
  hangs: () => {},
  'hangs-after-headers': (socket) => void socket.write(streamHead),
  'hangs-after-20': (socket, { model }) =>
    void socket.write(Buffer.concat([Buffer.from(streamHead), chunk(role(model) + spoken(model, 0, 20))])),
  'errors-500': answer(() => json(500, errorBody('The server had an error.', 'server_error'))),
  'limited-for-long': answer(() => json(429, errorBody('Slow down.', 'rate_limit_exceeded'), { 'retry-after': '2' })),
  'too-long': (socket, call) => {
    const message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9631 tokens."
    const error = { message, type: 'invalid_request_error', code: 'context_length_exceeded', param: 'messages' }
    return call.attempt === 2 ? sound(socket, call) : void socket.write(json(400, JSON.stringify({ error })))
  },
  'open-after-done': streamed(
    (socket, { model }) => void socket.write(Buffer.concat([Buffer.from(streamHead), chunk(soundStream(model))])),
  ),
  'half-call': streamed((socket, { model }) => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"ci' } }
    socket.write(Buffer.concat([Buffer.from(streamHead), chunk(role(model) + delta(model, { tool_calls: [call] }))]))
    setTimeout(() => socket.destroy(), 30)
  }),
  'two-candidates-cut': streamed((socket, { model }) => {
    const piece = [0, 1].map((index) => frame(model, { choices: [{ index, delta: { content: 'half' }, finish_reason: null }] }))
    socket.write(Buffer.concat([Buffer.from(streamHead), chunk(piece.join(''))]))
    setTimeout(() => socket.destroy(), 30)
  }),
}

function compressed(call: RoughCall, encoding: string, compress: (text: string) => Buffer): Buffer {
  const body = compress(wantsStream(call) ? soundStream(call.model) : whole(call.model))
  const type = wantsStream(call) ? sse : 'application/json'
  const headers = { 'content-type': type, 'content-encoding': encoding, 'content-length': String(body.length) }
  return http('200 OK', headers, body)
}
