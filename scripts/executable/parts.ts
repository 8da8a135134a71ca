/** Packages that the executable loads only when they are first wanted, by the piece they are in: a plain `serve` starts without them. */
export const parts = {
  prices: ['@pydantic/genai-prices'],
  /** The whole of it is for downloads of media; the core has the pool of connections. */
  undici: ['undici'],
  redis: ['@redis/client'],
  google: ['google-auth-library'],
  amazon: ['@smithy/signature-v4'],
  traces: ['@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/resources', '@opentelemetry/sdk-trace-base'],
} as const

export const partNames = [
  'prices',
  'undici',
  'redis',
  'google',
  'amazon',
  'traces',
] as const satisfies readonly (keyof typeof parts)[]

/** The piece that has this package. */
export function partOf(id: string): (typeof partNames)[number] | undefined {
  return partNames.find((part) => parts[part].some((name) => name === id))
}
