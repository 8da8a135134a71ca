import type { ProviderDialectName } from '#canonical/request.ts'
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

/** Mocks speak what clients speak: targets of another dialect (Bedrock's) are spoken to in Anthropic's. */
export function withMockedDialects(config: Config): Config {
  const mockable = (name: ProviderDialectName): ProviderDialectName => (name === 'bedrock-converse' ? 'anthropic' : name)
  const providers = [...config.providers].map(([name, provider]): [string, ProviderConfig] => {
    const { type } = provider
    return [name, { ...provider, type: { ...type, dialectOf: (model, api) => mockable(type.dialectOf(model, api)) } }]
  })
  const models = config.models.map((model) => ({
    ...model,
    targets: model.targets.map((target) => ({ ...target, dialect: mockable(target.dialect) })),
  }))
  return { ...config, providers: new Map(providers), models }
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
