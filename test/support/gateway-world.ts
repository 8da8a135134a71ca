import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { type RelayProcess, startRelay } from './relay-process.ts'

/** Several relays before one mock provider, with a store that they share. */
export type Gateway = {
  readonly mock: Mock
  readonly replicas: readonly RelayProcess[]
  readonly setFaults: (faults: readonly object[], latency?: string) => void
  readonly close: () => Promise<void>
}

export type GatewayOptions = {
  /** The routing file without version and providers. */
  readonly yaml: string
  readonly replicas: number
  /** Of each replica. */
  readonly env?: (index: number) => NodeJS.ProcessEnv
  /** `providers.openai.api_keys`. */
  readonly keys?: readonly string[]
}

export async function startGateway({ yaml, replicas: count, env, keys = ['mock'] }: GatewayOptions): Promise<Gateway> {
  const mock = await startMocks(dialects)
  const setFaults = (faults: readonly object[], latency = '0ms'): void => {
    const plan = readFaultPlan({ latency: { first_token: latency, chunk: '0ms' }, faults })
    if (!plan.ok) throw new Error(plan.error.join('\n'))
    mock.setFaults(plan.value)
  }
  setFaults([])
  const urls = new Map(mock.providers.map(({ name, url }) => [name, url]))
  const head = `version: 1
providers:
  openai: { api_keys: [${keys.join(', ')}], base_url: "${urls.get('openai')}/v1" }
  anthropic: { api_key: mock, base_url: "${urls.get('anthropic')}" }
`
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, index) => startRelay(head + yaml, env === undefined ? {} : { env: env(index) })),
  )
  return {
    mock,
    replicas,
    setFaults,
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()))
      await mock.close()
    },
  }
}

export type Outcome = {
  readonly status: number
  readonly usd: number
  readonly code: string
  readonly target: string
  readonly ms: number
}

/** One question in the OpenAI dialect. */
export async function askReplica(
  { url }: RelayProcess,
  key: string,
  {
    model = 'priced',
    prompt = 'hi',
    maxTokens,
  }: { readonly model?: string; readonly prompt?: string; readonly maxTokens?: number } = {},
): Promise<Outcome> {
  const startedMs = performance.now()
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: prompt }],
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    }),
  })
  const text = await response.text()
  return {
    status: response.status,
    usd: Number(response.headers.get('x-outrigger-cost-usd') ?? 0),
    code: /"code":"(\w+)"/.exec(text)?.[1] ?? '',
    target: response.headers.get('x-outrigger-target') ?? '',
    ms: performance.now() - startedMs,
  }
}

/** So many questions over all replicas in turn, so many of them at the same time. */
export async function askMany(
  { replicas }: Gateway,
  key: string,
  {
    count,
    atOnce,
    ...question
  }: { readonly count: number; readonly atOnce: number; readonly maxTokens?: number; readonly prompt?: string },
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < count) {
      const replica = replicas[next++ % replicas.length]
      if (replica !== undefined) outcomes.push(await askReplica(replica, key, question))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return outcomes
}

export function passed(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ status }) => status === 200)
}

export function totalUsd(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { usd }) => sum + usd, 0)
}
