import type { Config } from '#config/config.ts'

/** The effective configuration as plain data. Secrets mask themselves when they are written as JSON. */
export function configView(config: Config): unknown {
  const providers = Object.fromEntries(
    [...config.providers].map(([name, provider]) => [
      name,
      {
        type: provider.type.type,
        base_url: provider.baseUrl,
        api: provider.api,
        keys: provider.keys,
        ...provider.options,
        headers: Object.keys(provider.headers),
      },
    ]),
  )
  const models = Object.fromEntries(
    config.models.map(({ name, strategy, targets }) => [
      name,
      { strategy, targets: targets.map(({ id, weight, price, context }) => ({ target: id, weight, price, context })) },
    ]),
  )
  return { ...config, providers, models, prices: Object.fromEntries(config.prices ?? []) }
}
