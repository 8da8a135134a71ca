import { createServer, type IncomingHttpHeaders } from 'node:http'
import { asObject, type JsonObject } from '#lib/json.ts'
import { listenLocally } from './listen.ts'

/** A request as a vendor would see it. */
export type Arrived = {
  readonly method: string
  /** With its query, as it stood in the request line. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** As received. */
  readonly text: string
  /** Parsed; empty when it is no JSON object. */
  readonly body: JsonObject
}

export type VendorAnswer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type VendorServer = {
  readonly url: string
  readonly arrived: () => readonly Arrived[]
  readonly close: () => Promise<void>
}

/** A vendor on this machine: keeps what arrives and answers what it is told to. */
export async function startVendor(answer: (request: Arrived) => VendorAnswer | Promise<VendorAnswer>): Promise<VendorServer> {
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, text, body: parsed(text) }
      arrived.push(seen)
      const { status = 200, headers = { 'content-type': 'application/json' }, body } = await answer(seen)
      response.writeHead(status, headers)
      response.end(body)
    })
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    arrived: () => arrived,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function parsed(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return {}
  }
}
