import type { RedactConfig } from '#config/config.ts'
import { builtInPattern } from './built-in.ts'
import { ownPattern } from './own-pattern.ts'
import { createRedactor, type Redactor } from './redactor.ts'

const made = new WeakMap<RedactConfig, Redactor>()

/** Made once for each configuration. */
export function redactorOf(config: RedactConfig): Redactor {
  const known = made.get(config)
  if (known !== undefined) return known
  const patterns = config.patterns.map((pattern) => (typeof pattern === 'string' ? builtInPattern(pattern) : ownPattern(pattern)))
  const redactor = createRedactor(patterns, config.with)
  made.set(config, redactor)
  return redactor
}
