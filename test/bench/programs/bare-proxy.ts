/**
 * The least that a relay in Node can do: node:http in, undici's dispatch out, the body parsed and the model's name
 * replaced, the answer piped back. What the relay costs more than this is what its features cost.
 * Usage: node bare-proxy.ts PORT UPSTREAM_ORIGIN [h1|h2]; h2 takes HTTP/2 where the upstream offers it.
 */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, origin = '', protocol = 'h1'] = process.argv.slice(2)
const pool = new Pool(origin, { connections: null, pipelining: 1, allowH2: protocol === 'h2' })

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    const renamed = typeof body === 'object' && body !== null ? { ...body, model: 'renamed' } : {}
    pool.dispatch(
      {
        method: 'POST',
        path: request.url ?? '/',
        headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
        body: JSON.stringify(renamed),
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          response.writeHead(status, { 'content-type': String(headers['content-type']) })
        },
        onResponseData(_controller, chunk) {
          response.write(chunk)
        },
        onResponseEnd() {
          response.end()
        },
        onResponseError() {
          response.destroy()
        },
      },
    )
  })
}).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
