import type { Report } from './report.ts'
import { createSecret, fillIn, type Secret, type SecretSources } from './secrets.ts'

type SecretContext = { readonly sources: SecretSources; readonly report: Report; readonly strict: boolean }

/** A secret of the file; what it lacks is reported: a warning, unless the file is read strictly. */
export function buildSecret(text: string, path: readonly string[], { sources, report, strict }: SecretContext): Secret {
  for (const { message } of fillIn(text, sources).missing) {
    report(path, message, { severity: strict ? 'error' : 'warning', certain: true })
  }
  return createSecret(text, sources)
}

/** Undefined for a secret that is left out or empty: `${WEBHOOK:-}` switches off what it belongs to. */
export function optionalSecret(text: string | undefined, path: readonly string[], context: SecretContext): Secret | undefined {
  if (text === undefined) return undefined
  const secret = buildSecret(text, path, context)
  return secret.reveal() === '' ? undefined : secret
}
