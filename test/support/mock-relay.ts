import OpenAI from 'openai'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { type RelayProcess, startRelay } from './relay-process.ts'

export type MockRelay = {
  readonly mock: Mock
  readonly relay: RelayProcess
  readonly openai: OpenAI
  /** Changes what goes wrong, from the next call on. */
  readonly setFaults: (faults: readonly object[], seed?: number) => void
  readonly close: () => Promise<void>
}

/**
 * The relay in front of the three mock families; `yaml` is the routing file without its providers. Unless it has a block
 * `health`, nobody is probed: the first probes come at a moment of their own, and would be counted with the test's calls.
 */
export async function startMockRelay(
  yaml: string,
  latency: { readonly first_token: string; readonly chunk: string } = { first_token: '0ms', chunk: '0ms' },
  env: NodeJS.ProcessEnv = {},
): Promise<MockRelay> {
  const mock = await startMocks(dialects)
  const urls = new Map(mock.providers.map(({ name, url }) => [name, url]))
  const providers = [
    'version: 1',
    'providers:',
    `  anthropic: { api_key: mock, base_url: "${urls.get('anthropic')}" }`,
    `  openai: { api_key: mock, base_url: "${urls.get('openai')}/v1" }`,
    `  gemini: { api_key: mock, base_url: "${urls.get('gemini')}" }`,
    ...(/^health:/m.test(yaml) ? [] : ['health: { probe: off }']),
    '',
  ].join('\n')
  const setFaults = (faults: readonly object[], seed = 1): void => {
    const plan = readFaultPlan({ seed, latency, faults })
    if (!plan.ok) throw new Error(plan.error.join('\n'))
    mock.setFaults(plan.value)
  }
  setFaults([])
  const relay = await startRelay(providers + yaml, { env }).catch(async (error: unknown) => {
    await mock.close()
    throw error
  })
  const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  return {
    mock,
    relay,
    openai,
    setFaults,
    async close() {
      await relay.stop()
      await mock.close()
    },
  }
}
