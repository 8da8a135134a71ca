/** Packages that the executable loads only when they are first wanted, by the piece they are in: a plain `serve` starts without them. */
export const parts = {
  prices: ['@pydantic/genai-prices'],
  /** Connections to providers: after the port is open. */
  connections: ['undici/lib/dispatcher/pool.js'],
  /** The whole of undici is for downloads of media; it has connections of its own. */
  undici: ['undici'],
  redis: ['@redis/client'],
  /** For what is not written in the plainest YAML (`internal/config/plain-yaml.ts`), and for mistakes. */
  yaml: ['yaml'],
  /** Patterns of guardrails, tokens of clients, spans, compiled checks for large files of clients: a plain routing file needs none. */
  patterns: ['re2js'],
  tokens: ['jose'],
  spans: ['@opentelemetry/api'],
  /** Files are watched once the port is open. */
  watching: ['chokidar'],
  checks: ['typebox/compile'],
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

export const partNames = [
  'prices',
  'connections',
  'undici',
  'redis',
  'yaml',
  'patterns',
  'tokens',
  'spans',
  'watching',
  'checks',
  'google',
  'amazon',
  'traces',
] as const satisfies readonly PartName[]

/** The piece that has what this import names; undefined for the core's own. */
export function partOf(id: string): PartName | undefined {
  return partNames.find((part) => parts[part].some((name) => id === name || (part !== 'undici' && id.startsWith(`${name}/`))))
}

/** The pieces that are one function or one class each, so that the core may name it long before it is loaded. */
export const lateParts: ReadonlySet<PartName> = new Set(['connections', 'yaml', 'patterns', 'tokens', 'spans', 'checks'])

/** How the piece with the command line names a command that lies in the core. */
export const inCore = 'core:'
