/**
 * Run by the build: runs the core as `serve` does, asks it once, and keeps what V8 compiled on the way, so that the executable need not
 * compile it again. One step comes after the other has come to rest, so that what is kept is the same code each time. Argument: the
 * folder with the pieces.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Script } from 'node:vm'
import { freePorts } from '../../test/support/relay-process.ts'
import { builtin } from './builtins.ts'
import { loadScript, useUsualFlags } from './load-script.ts'
import { inCore, partNames, partOf } from './parts.ts'

const restMs = 300
const folder = process.argv[2] ?? ''
const loaded = new Map<string, Readonly<Record<string, unknown>>>()
const scripts = new Map<string, Script>()

function load(name: string): Readonly<Record<string, unknown>> {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const text = readFileSync(join(folder, `${name}.cjs`), 'latin1')
  const { script, exports } = loadScript({ name, text, cache: undefined }, requireOf)
  loaded.set(name, exports)
  scripts.set(name, script)
  return exports
}

function requireOf(id: string): unknown {
  if (id.startsWith(inCore)) return load('core')[id]
  const part = partOf(id)
  return part === undefined ? builtin(id) : load(part)[id]
}

const answer = JSON.stringify({
  id: 'a',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

function startProvider(port: number): Promise<Server> {
  const server = createServer((asked, response) => {
    asked.resume()
    asked.on('end', () => response.setHeader('content-type', 'application/json').end(answer))
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

function ask(port: number, path: string, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    request(
      { host: '127.0.0.1', port, path, method, agent: false, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
      .on('error', reject)
      .end(body)
  })
}

const [listen = 0, admin = 0, provider = 0] = await freePorts(3)
await startProvider(provider)
await ask(provider, '/')
const home = mkdtempSync(join(tmpdir(), 'outrigger-build-'))
const file = join(home, 'routing.yaml')
const routing = `version: 1
providers: { openai: { api_key: k, base_url: "http://127.0.0.1:${provider}/v1" } }
models: { m: { targets: [openai/m] } }
`
writeFileSync(file, routing)
process.argv = [
  process.execPath,
  'outrigger',
  'serve',
  '-c',
  file,
  '--listen',
  `127.0.0.1:${listen}`,
  '--admin',
  `127.0.0.1:${admin}`,
]
const listens = Promise.withResolvers<void>()
// While something waits in the stream the log goes by it, too (cmd/outrigger/log-output.ts).
Object.defineProperty(process.stdout, 'writableLength', { value: 1 })
process.stdout.write = (text) => {
  if (String(text).includes('"listening"')) listens.resolve()
  return true
}
load('main')
await listens.promise
await sleep(restMs)
for (const path of ['/readyz', '/metrics']) await ask(admin, path)
await sleep(restMs)
const status = await ask(
  listen,
  '/v1/chat/completions',
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
)
await sleep(restMs)
if (status !== 200) throw new Error(`the relay answered ${status}`)
for (const name of partNames) load(name)
useUsualFlags()
for (const [name, script] of scripts) writeFileSync(join(folder, `${name}.cache`), script.createCachedData())
rmSync(home, { recursive: true })
process.exit(0)
