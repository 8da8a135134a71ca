import { createServer, type Server } from 'node:http'
import { listenLocally } from './listen.ts'
import { type Recording, wireOf } from './recordings.ts'

export type ReplayServer = {
  readonly url: string
  /** What was sent to it last: path and body. */
  readonly lastRequest: () => { readonly path: string; readonly body: string } | undefined
  readonly close: () => Promise<void>
}

/**
 * A provider that answers from recordings. The model's name tells which: `rec-17`. It is found in the path (Gemini) or in
 * the body, whatever the dialect.
 */
export async function startReplay(recordings: readonly Recording[]): Promise<ReplayServer> {
  let last: { path: string; body: string } | undefined
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      last = { path: request.url ?? '', body }
      const number = /rec-(\d+)/.exec(request.url ?? '')?.[1] ?? /"model":"rec-(\d+)"/.exec(body)?.[1]
      const recording = recordings[Number(number)]
      if (recording === undefined) {
        response.writeHead(404, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: { message: `no recording ${number}` } }))
        return
      }
      const { contentType, text } = wireOf(recording)
      response.writeHead(recording.response.status, { ...recording.response.headers, 'content-type': contentType })
      response.end(text)
    })
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    lastRequest: () => last,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
