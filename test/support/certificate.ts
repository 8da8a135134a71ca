import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Paths of a certificate that signed itself, and of its key. */
export type Certificate = { readonly certificate: string; readonly key: string }

/** Why tests that need certificates are skipped here; false when they are not. */
export const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed here'

/** For localhost where no other names are given, two days long. Throws where openssl does not make one. */
export function makeCertificate(names = 'DNS:localhost,IP:127.0.0.1'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-'))
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`],
    ...['-keyout', key, '-out', certificate],
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr?.toString() ?? made.error?.message ?? ''}`)
  return { certificate, key }
}
