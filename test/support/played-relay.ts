import assert from 'node:assert/strict'
import type { RelayEvent } from '#canonical/observe.ts'
import type { Hints } from '#canonical/plan.ts'
import { loadText } from '#config/load.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { createHealth } from '#health/registry.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { ok } from '#lib/result.ts'
import { piecesOf } from '#lib/slices/pieces.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { type ClientPort, type Exchange, ownConversation } from '#relay/exchange.ts'
import { createHedgeBudget } from '#relay/hedge-budget.ts'
import { relay } from '#relay/relay.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { createSignatureVault } from '#relay/signatures.ts'
import type { CallController, Connections } from '#upstream/connections.ts'

/** A provider's side of one call, played by the test. */
export type Upcall = {
  readonly host: string
  /** What the relay sent. */
  readonly body: string
  readonly answer: (status: number, type: string, text: string) => void
  readonly write: (text: string) => void
  readonly end: () => void
  cancelled: boolean
}

/** Takes every call and does nothing with it until the test does. */
function playedConnections(host: string, calls: Upcall[]): Connections {
  return {
    dispatch({ body }, handler) {
      const upcall: Upcall = {
        host,
        body: piecesOf(body ?? '')
          .map(String)
          .join(''),
        cancelled: false,
        answer(status, type, text) {
          handler.onResponseStart(controller, status, { 'content-type': type })
          upcall.write(text)
        },
        write: (text) => handler.onResponseData(controller, Buffer.from(text)),
        end: () => handler.onResponseEnd(controller),
      }
      const controller: CallController = {
        abort() {
          upcall.cancelled = true
        },
        pause() {},
        resume() {},
      }
      handler.onRequestStart(controller)
      calls.push(upcall)
    },
    close: async () => {},
    destroy: async () => {},
  }
}

export type PlayedRelay = ReturnType<typeof playRelay>

/**
 * The relay in a time that the test moves, before providers `a` and `b` that the test plays: route `m`, which lists
 * `a/gpt-4.1` before `b/gpt-4.1`. `yaml` is added to the routing file; `type` is the first provider's; `hosts` are the providers.
 */
export function playRelay(
  yaml: string,
  type: 'openai' | 'anthropic' = 'openai',
  hosts: readonly [string, ...string[]] = ['a', 'b'],
) {
  const [first, ...others] = hosts
  const loaded = loadText(
    `version: 1
providers:
  ${first}: { type: ${type}, api_key: k, base_url: "http://${first}/v1" }
${others.map((host) => `  ${host}: { type: openai, api_key: k, base_url: "http://${host}/v1" }`).join('\n')}
models:
  m: { targets: [${hosts.map((host) => `${host}/gpt-4.1`).join(', ')}] }
${yaml.startsWith('retry:') ? '' : 'retry: { backoff: { base: 10ms, jitter: 0 } }'}
${yaml}`,
    { path: 'routing.yaml' },
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const { config } = loaded.value
  const clock = createFakeClock()
  const calls: Upcall[] = []
  const events: RelayEvent[] = []
  const health = createHealth(config, { random: () => 0.5 })
  const upstreams = new Map(hosts.map((host) => [host, { pool: playedConnections(host, calls), prefix: '/v1' }]))
  const deps: RelayDeps = {
    config: () => config,
    plan: () =>
      ok({ route: 'm', strategy: 'fallback', steps: targets().map((target) => ({ target, reason: 'listed' })), excluded: [] }),
    pools: {
      to: (baseUrl) => upstreams.get(new URL(baseUrl).host) ?? assert.fail(baseUrl),
      keepOnly() {},
      configure() {},
      close: async () => {},
    },
    health,
    retryBudget: createRetryBudget(() => 1),
    hedgeBudget: createHedgeBudget(() => config.hedge?.at_most ?? 0),
    signatures: createSignatureVault(clock.now),
    estimateInput: () => 100,
    costOf: (_target, usage) => usage.input / 1000,
    observers: [health.observe, (event) => void events.push(event)],
    clock,
    nowSeconds: () => 0,
    random: () => 0.5,
  }
  const targets = () => config.models[0]?.targets ?? []
  return { deps, clock, calls, events, health }
}

/** What the client was sent so far. */
type Sent = { status: number; headers: Readonly<Record<string, string>>; body: string; leave: () => void }

/** A client's question; `done` when the relay has done with it. */
export function ask(
  { deps, clock }: PlayedRelay,
  stream: boolean,
  messages: readonly object[] = [{ role: 'user', content: 'Hi' }],
  extra: { readonly hints?: Partial<Hints>; readonly body?: object } = {},
) {
  const sent: Sent = { status: 0, headers: {}, body: '', leave: () => {} }
  const client: ClientPort = {
    head(status, headers) {
      assert.equal(sent.status, 0, 'the head is sent once')
      sent.status = status
      sent.headers = headers
    },
    write(text) {
      sent.body += text
      return true
    },
    onDrain() {},
    written: () => sent.body.length,
    end(body = '') {
      for (const piece of piecesOf(body)) sent.body += piece
    },
    onGone(listener) {
      sent.leave = listener
    },
    abort() {},
  }
  const body = { model: 'm', stream, messages, ...extra.body }
  const request = openaiChat.decodeRequest({ path: '/v1/chat/completions', query: new URLSearchParams(), headers: {}, body })
  assert.ok(request.ok)
  const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {}, ...extra.hints }
  const exchange: Exchange = {
    requestId: 'r',
    dialect: openaiChat,
    request: request.value,
    hints,
    ...ownConversation,
    forward: {},
    client,
    bytesIn: 0,
    startedMs: clock.now(),
  }
  return { sent, done: relay(exchange, deps) }
}

/** Lets everything go on that need not wait for time. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const chunk = (text: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt', choices: [{ index: 0, delta: { content: text } }] })}\n\n`
/** How such a stream ends. */
export const finish = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`
/** A whole answer of OpenAI Chat. */
export const whole = (text: string): string =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 },
  })

/** A call that the relay has made of a provider. */
export function call(world: PlayedRelay, index: number): Upcall {
  return world.calls[index] ?? assert.fail(`there are only ${world.calls.length} calls`)
}

/** Begins a stream with this text. */
export function stream(upcall: Upcall, text: string): void {
  upcall.answer(200, 'text/event-stream', chunk(text))
}
