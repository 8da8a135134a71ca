import { createServer } from 'node:http'
import { listenLocally } from '../support/listen.ts'
import { mutateBytes, mutateJson } from './mutate.ts'
import { createRandom, type Random } from './random.ts'
import type { Seeds } from './seeds.ts'

export type HostileProvider = { readonly url: string; readonly calls: () => number; readonly close: () => Promise<void> }

const types: readonly [string, ...string[]] = [
  'application/json',
  'text/event-stream',
  'text/html',
  'text/plain; charset=latin1',
  '',
]
const strange: readonly [Readonly<Record<string, string>>, ...Readonly<Record<string, string>>[]] = [
  {},
  {},
  { 'retry-after': '-1' },
  { 'retry-after-ms': '1e400' },
  { 'x-ratelimit-remaining-requests': 'NaN', 'x-ratelimit-reset-requests': '0s' },
  { 'content-encoding': 'identity' },
  { 'x-request-id': 'a'.repeat(4000) },
  { 'anthropic-ratelimit-requests-reset': 'yesterday' },
]

/** A provider that answers whatever it likes, whatever it was asked: broken recordings of any dialect. */
export async function startHostile(seeds: Seeds, firstSeed: number): Promise<HostileProvider> {
  let calls = firstSeed
  const server = createServer((request, response) => {
    const random = createRandom(calls++)
    request.on('error', () => response.destroy())
    request.resume().on('end', () => {
      const { status, bytes } = brokenBytes(seeds, random)
      response.writeHead(status, { ...random.pick(strange), 'content-type': random.pick(types) })
      const cut = random.share() < 0.1 ? random.below(bytes.length + 1) : bytes.length
      response.write(bytes.subarray(0, cut))
      if (cut < bytes.length) response.socket?.destroy()
      else response.end()
    })
  })
  server.on('clientError', (_, socket) => socket.destroy())
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls - firstSeed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function brokenBytes({ answers, streams }: Seeds, random: Random): { readonly status: number; readonly bytes: Buffer } {
  const stream = random.pickAny(streams)
  if (stream !== undefined && random.share() < 0.4)
    return { status: 200, bytes: random.share() < 0.5 ? mutateBytes(stream.wire, random) : stream.wire }
  const body = mutateJson(random.pickAny(answers)?.body, random)
  const text = Buffer.from(JSON.stringify(body) ?? '')
  const status =
    random.share() < 0.5 ? 200 : random.pick([201, 204, 301, 400, 401, 402, 403, 404, 409, 413, 429, 500, 502, 503, 529, 599])
  return { status, bytes: random.share() < 0.3 ? mutateBytes(text, random) : text }
}
