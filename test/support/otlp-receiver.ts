import { createServer, type IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'

export type ReceivedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** 2 SERVER, 3 CLIENT. */
  readonly kind: number
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly resource: Readonly<Record<string, unknown>>
}

export type OtlpReceiver = {
  readonly url: string
  readonly spans: () => readonly ReceivedSpan[]
  /** Paths and headers of the exports. */
  readonly exports: () => readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  readonly close: () => Promise<void>
}

/** A collector that takes OTLP over HTTP as JSON and keeps it; `port` 0 is a free one. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const exports: { path: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString()
      exports.push({ path: request.url ?? '', headers: request.headers })
      const parsed = parseJson(text)
      if (parsed.ok) spans.push(...spansOf(parsed.value))
      response.writeHead(parsed.ok ? 200 : 400, { 'content-type': 'application/json' })
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : port}`,
    spans: () => spans,
    exports: () => exports,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function spansOf(body: unknown): readonly ReceivedSpan[] {
  return objects(body, 'resourceSpans').flatMap((resourceSpans) => {
    const resource = attributesOf(asObject(resourceSpans['resource']))
    return objects(resourceSpans, 'scopeSpans').flatMap((scope) =>
      objects(scope, 'spans').map((span) => readSpan(span, resource)),
    )
  })
}

function readSpan(span: Readonly<Record<string, unknown>>, resource: ReceivedSpan['resource']): ReceivedSpan {
  const text = (name: string): string => asString(span[name]) ?? ''
  return {
    traceId: text('traceId'),
    spanId: text('spanId'),
    parentSpanId: text('parentSpanId'),
    traceState: text('traceState'),
    name: text('name'),
    kind: Number(span['kind']),
    statusCode: Number(asObject(span['status'])['code'] ?? 0),
    startNs: BigInt(text('startTimeUnixNano')),
    endNs: BigInt(text('endTimeUnixNano')),
    attributes: attributesOf(span),
    events: objects(span, 'events').map((event) => ({ name: asString(event['name']) ?? '', attributes: attributesOf(event) })),
    resource,
  }
}

function attributesOf(holder: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    objects(holder, 'attributes').map((one) => [asString(one['key']) ?? '', readValue(asObject(one['value']))]),
  )
}

function readValue(value: Readonly<Record<string, unknown>>): unknown {
  const [kind, content] = Object.entries(value)[0] ?? []
  if (kind === 'intValue') return Number(content)
  if (kind === 'arrayValue') return objects(content, 'values').map(readValue)
  return content
}

function objects(holder: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  return asArray(asObject(holder)[name]).map(asObject)
}
