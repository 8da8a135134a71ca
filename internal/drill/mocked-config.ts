import type { Config, ProviderConfig } from '#config/config.ts'
import { createSecret } from '#config/secrets.ts'

/**
 * The routing file with a mock in place of every provider: their addresses, keys, headers and proofs are made up, so that
 * nothing of them leaves this process. What would call anybody else (shared state, traces, alerts, probes) is off.
 */
export function mockedConfig(config: Config, urlOf: (provider: string) => string): Config {
  const { cache: _cache, ...rest } = config
  const { redis: _redis, ...state } = config.state
  const { otlp: _otlp, ...telemetry } = config.telemetry
  return {
    ...rest,
    providers: new Map([...config.providers].map(([name, provider]) => [name, mockedProvider(provider, urlOf(name))])),
    alerts: [],
    clients: [],
    state,
    telemetry,
  }
}

function mockedProvider({ authenticator: _authenticator, ...provider }: ProviderConfig, url: string): ProviderConfig {
  const { address: _address, ...type } = provider.type
  const path = new URL(provider.baseUrl).pathname.replace(/\/+$/, '')
  return {
    ...provider,
    type: { ...type, auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' } },
    baseUrl: url + path,
    // As many as there are in the file: a pool of keys behaves unlike a single one.
    keys: Array.from({ length: Math.max(1, provider.keys.length) }, (_, index) =>
      createSecret(`drill-key-${index + 1}`, { env: {}, readFile: () => '' }),
    ),
    headers: {},
  }
}
