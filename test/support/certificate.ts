import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Paths of a certificate that signed itself, and of its key. */
export type Certificate = { readonly certificate: string; readonly key: string }

/** For localhost, two days long. Throws where openssl does not make one. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-'))
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr?.toString() ?? made.error?.message ?? ''}`)
  return { certificate, key }
}
