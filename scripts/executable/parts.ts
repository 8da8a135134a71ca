/** Packages that the executable loads only when they are first wanted, by the piece they are in: a plain `serve` starts without them. */
export const parts = {
  prices: ['@pydantic/genai-prices'],
  /** The whole of it is for downloads of media; the core has the pool of connections. */
  undici: ['undici'],
  redis: ['@redis/client'],
  google: ['google-auth-library'],
  amazon: ['@smithy/signature-v4'],
  traces: [
    '@opentelemetry/otlp-exporter-base',
    '@opentelemetry/otlp-transformer',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace-base',
  ],
} as const

export type PartName = keyof typeof parts

export const partNames = ['prices', 'undici', 'redis', 'google', 'amazon', 'traces'] as const satisfies readonly PartName[]

/** The piece that has what this import names; undefined for the core's own. */
export function partOf(id: string): PartName | undefined {
  // What the core takes from within undici is its own copy.
  return partNames.find((part) => parts[part].some((name) => id === name || (part !== 'undici' && id.startsWith(`${name}/`))))
}
