/** The flags of `outrigger serve`. */
export type ServeOptions = {
  readonly config: string
  readonly listen?: string
  readonly admin?: string
  readonly logLevel?: string
  readonly logFormat: 'json' | 'pretty'
  readonly drainTimeout: string
  /** Processes that share the clients' port; 1 or left out: this one alone. */
  readonly workers?: string
  /** Called when both ports are open, with their URLs. */
  readonly onListening?: (urls: { readonly listen: string; readonly admin: string }) => void
}

/** What `--log-level` takes. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
