import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { requestUrl } from '#lib/request-url.ts'
import { type AdminAnswer, text } from './admin-answer.ts'
import { type GuardRules, refusal } from './guard.ts'

/** `body` is the text of the request, at most `maxBodyBytes` long. */
export type AdminCall = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  readonly accept: string
}

/** An answer that goes on: `open` writes head and body; false when there is no place for it. */
export type AdminStream = { readonly open: (response: ServerResponse) => boolean }

export type AdminRoute = (call: AdminCall) => AdminAnswer | AdminStream | Promise<AdminAnswer>

/** Routes by `METHOD /path`. */
export type AdminRoutes = Readonly<Record<string, AdminRoute>>

const maxBodyBytes = 1024 * 1024

export type AdminOptions = {
  readonly routes: AdminRoutes
  readonly guard: GuardRules
  readonly onBug: (error: unknown) => void
}

/** Answers a request to the operators' port. */
export type AdminHandler = (request: IncomingMessage, response: ServerResponse) => void

/** The operator port: health, metrics, status. It has no secrets to give, but it can drain: bind it to a trusted address. */
export function createAdmin(options: AdminOptions): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, adminHandler(options))
}

export function adminHandler(options: AdminOptions): AdminHandler {
  return (request, response) => {
    answer(request, options)
      .then((result) => ('open' in result ? openStream(request, response, result) : send(request, response, result)))
      .catch((error: unknown) => {
        options.onBug(error)
        send(request, response, text(500, 'an error inside the relay\n'))
      })
  }
}

async function answer(request: IncomingMessage, { routes, guard }: AdminOptions): Promise<AdminAnswer | AdminStream> {
  const url = requestUrl(request.url ?? '/')
  if (url === null) return text(400, 'not a URL\n')
  const refused = refusal(request, url.pathname, guard)
  if (refused !== undefined) return refused
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  const route = routes[`${method} ${url.pathname}`]
  if (route === undefined) {
    const allowed = Object.keys(routes).flatMap((key) =>
      key.endsWith(` ${url.pathname}`) ? [key.slice(0, key.indexOf(' '))] : [],
    )
    if (allowed.length === 0) return text(404, `there is nothing at ${url.pathname}\n`)
    return { ...text(405, `use ${allowed.join(' or ')}\n`), headers: { allow: allowed.join(', ') } }
  }
  const body = await readText(request)
  if (body === undefined)
    return { ...text(413, `the body is larger than ${maxBodyBytes} bytes\n`), headers: { connection: 'close' } }
  return await route({ method, path: url.pathname, query: url.searchParams, body, accept: request.headers.accept ?? '' })
}

function readText(request: IncomingMessage): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
    if (body.length <= maxBodyBytes) return
    // The rest is nobody's to keep: it is not read.
    request.removeAllListeners('data')
    request.pause()
    resolve(undefined)
  })
  request.on('end', () => resolve(body))
  request.on('close', () => resolve(body))
  return promise
}

function openStream(request: IncomingMessage, response: ServerResponse, { open }: AdminStream): void {
  if (request.method === 'HEAD') return send(request, response, { status: 200, contentType: 'text/event-stream', body: '' })
  if (!open(response)) send(request, response, text(503, 'too many pages are open\n'))
}

function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body, headers }: AdminAnswer): void {
  if (response.headersSent) return
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
