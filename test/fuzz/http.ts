import assert from 'node:assert/strict'
import { Agent, request as send } from 'node:http'
import { parseSse } from '#framing/sse-parse.ts'
import { isObject, parseJson } from '#lib/json.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { brokenCall, type ClientCall } from './client-calls.ts'
import { type HostileProvider, startHostile } from './hostile-provider.ts'
import { createRandom } from './random.ts'
import { readSeeds } from './seeds.ts'

type Seen = { readonly status: number; readonly type: string; readonly text: string; readonly whole: boolean }

/** So long no call may take, however busy the machine: the relay's own limits are far below. */
const mostMs = 60_000
const callers = 16

function routing({ url }: HostileProvider): string {
  return `version: 1
providers:
  chat: { type: openai-compatible, api_key: k, base_url: "${url}/v1" }
  responses: { type: openai, api: responses, api_key: k, base_url: "${url}/v1" }
  claude: { type: anthropic, api_key: k, base_url: "${url}" }
  gem: { type: gemini, api_key: k, base_url: "${url}" }
models:
  chat: { targets: [chat/m] }
  responses: { targets: [responses/gpt-5.4] }
  claude: { targets: [claude/claude-sonnet-4-5] }
  gem: { targets: [gem/gemini-3.7-flash] }
  all: { targets: [chat/m, claude/claude-opus-5-5, gem/gemini-2.5-flash, responses/gpt-4.1] }
retry: { attempts: 3, backoff: { base: 1ms, max: 2ms } }
timeouts: { first_token: 3s, idle: 3s, total: 10s }
breaker: { consecutive_errors: 1000000, error_rate: 100% }
health: { probe: off }
log: { level: warn }
`
}

/** Broken calls to a relay whose providers answer broken answers; what is told is what was wrong with the relay's own. */
export async function fuzzHttp(inputs: number, firstSeed: number): Promise<readonly string[]> {
  const seeds = readSeeds()
  const provider = await startHostile(seeds, firstSeed)
  const relay = await startRelay(routing(provider))
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const wrong: string[] = []
  let next = firstSeed
  const caller = async (): Promise<void> => {
    while (next < firstSeed + inputs && wrong.length < 20) {
      const seed = next++
      const call = brokenCall(seeds, createRandom(seed))
      try {
        check(call, await ask(relay, agent, call))
      } catch (error) {
        const { method, path, body } = call
        wrong.push(
          `seed ${seed}: ${method} ${path.slice(0, 100)}: ${String(error).slice(0, 800)}\n${body.toString('utf8').slice(0, 500)}`,
        )
      }
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  agent.destroy()
  wrong.push(...(await lookAfter(relay)))
  const reached = provider.calls() / inputs
  if (reached < 0.2) wrong.push(`only ${Math.round(100 * reached)} % of the calls came to the provider`)
  await provider.close()
  return wrong
}

/** The relay is alive, and has told of no fault of its own. */
async function lookAfter(relay: RelayProcess): Promise<readonly string[]> {
  const wrong: string[] = []
  // The connection of long ago may be closed in this moment: a second one is new.
  const asked = (): Promise<boolean> => fetch(`${relay.adminUrl}/livez`).then(({ ok }) => ok)
  const isLive = await asked()
    .catch(asked)
    .catch(() => false)
  const { exitCode, signalCode } = relay.process
  if (!isLive) wrong.push(`the relay is not live: ${exitCode ?? signalCode}\n${relay.log().slice(-2000)}`)
  // That providers refuse keys is true; anything else that is told as an error would be the relay's.
  const isFault = /"level":"?(50|60|error|fatal)|unhandled|uncaught|\bbug\b|TypeError|RangeError/i
  const faults = relay
    .log()
    .split('\n')
    .filter((line) => isFault.test(line) && !line.includes('"alert":'))
  await relay.stop()
  return [...wrong, ...faults.slice(0, 10).map((line) => `log: ${line.slice(0, 1500)}`)]
}

function ask(relay: RelayProcess, agent: Agent, { method, path, headers, body }: ClientCall): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const call = send(`${relay.url}${path}`, {
      agent,
      method,
      headers: { ...headers, 'content-length': body.length },
      timeout: mostMs,
    })
    call.on('timeout', () => call.destroy(new Error(`no answer for ${mostMs} ms`)))
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      const { statusCode: status = 0 } = response
      const type = response.headers['content-type'] ?? ''
      response.on('close', () => resolve({ status, type, text, whole: response.complete }))
    })
    call.end(body)
  })
}

function check({ method, path }: ClientCall, { status, type, text, whole }: Seen): void {
  assert.ok(status >= 200 && status < 600, `status ${status}`)
  assert.doesNotMatch(text.slice(0, 2000), /internal_error/, text.slice(0, 300))
  // What is forwarded as it is has the provider's form.
  if (/^\/(providers|v1\/(images|audio))\//.test(path) || method === 'HEAD') return
  assert.ok(whole, 'the answer ends in order')
  if (type.startsWith('text/event-stream')) return checkFrames(text)
  if (status >= 400) {
    const parsed = parseJson(text)
    assert.ok(
      parsed.ok && isObject(parsed.value) && isObject(parsed.value['error']),
      `no error in its dialect: ${text.slice(0, 300)}`,
    )
  } else if (type.startsWith('application/json')) assert.ok(parseJson(text).ok, `no JSON: ${text.slice(0, 300)}`)
}

function checkFrames(text: string): void {
  const parser = parseSse(({ data }) => {
    assert.ok(data === '[DONE]' || parseJson(data).ok, `no JSON in a frame: ${data.slice(0, 300)}`)
  })
  parser.push(Buffer.from(text))
  parser.end()
}
