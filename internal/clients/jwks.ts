import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { readJson } from '#lib/exact-json.ts'
import { asArray, asObject, deepest } from '#lib/json.ts'

/** The public keys of an issuer, fetched and kept. */
export type KeySet = {
  /** For the library that verifies. Throws `KeysUnavailableError` when there are none to be had. */
  readonly getKey: JWTVerifyGetKey
  /** Fetches them before somebody waits for them. */
  readonly warmUp: () => void
}

/** The issuer's keys cannot be fetched, and none are kept. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}

export type KeySetOptions = {
  /** `{"keys": […]}`; throws when it cannot be had. */
  readonly load: () => Promise<unknown>
  /** The age at which they are fetched again, while the old ones go on. */
  readonly refreshMs: number
  readonly onFailure: (error: unknown) => void
  readonly nowMs: () => number
}

// A token with a key that is not known may come from an issuer that has just changed it, or from anybody: so often we ask.
const unknownKeyMs = 30_000
const afterFailureMs = 5000
// While the issuer cannot be reached its last keys go on; not for ever, since one of them may have been withdrawn.
const longestKeptMs = 24 * 3_600_000

type Kept = { readonly find: JWTVerifyGetKey; readonly atMs: number }

export function createKeySet({ load, refreshMs, onFailure, nowMs }: KeySetOptions): KeySet {
  let kept: Kept | undefined
  let triedMs = Number.NEGATIVE_INFINITY
  let failed = false
  let loading: Promise<Kept> | undefined

  const fetchNow = async (): Promise<Kept> => {
    triedMs = nowMs()
    try {
      kept = { find: keysOf(await load()), atMs: nowMs() }
      failed = false
      return kept
    } catch (error) {
      failed = true
      onFailure(error)
      throw new KeysUnavailableError('the keys of the issuer cannot be fetched', { cause: error })
    } finally {
      loading = undefined
    }
  }
  /** One fetch at a time, whoever asks. */
  const fetched = (): Promise<Kept> => {
    if (loading === undefined && failed && nowMs() - triedMs < afterFailureMs) {
      return Promise.reject(new KeysUnavailableError('the keys of the issuer could not be fetched a moment ago'))
    }
    loading ??= fetchNow()
    return loading
  }
  const inBackground = (): void => void fetched().catch(() => {})
  const current = async (): Promise<Kept> => {
    if (kept === undefined || nowMs() - kept.atMs > longestKeptMs) return await fetched()
    if (nowMs() - kept.atMs > refreshMs) inBackground()
    return kept
  }
  return {
    warmUp: inBackground,
    async getKey(header, token) {
      const known = await current()
      try {
        return await known.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        // What is being fetched may have it, or has come: the first token after a change is often there when the keys are due anyway.
        const isAwaited = loading !== undefined || nowMs() - triedMs >= Math.min(unknownKeyMs, refreshMs)
        const anew = isAwaited ? await fetched().catch(() => known) : (kept ?? known)
        return await anew.find(header, token)
      }
    },
  }
}

function keysOf(data: unknown): JWTVerifyGetKey {
  const keys = asArray(asObject(data)['keys'])
    .map(asObject)
    // A shared secret among public keys is a mistake: who can read it could sign.
    .filter(({ kty }) => kty !== 'oct')
  if (keys.length === 0) throw new Error('there are no public keys in it')
  return createLocalJWKSet({ keys: keys.map((key) => ({ ...key, kty: String(key['kty']) })) })
}

const fetchTimeoutMs = 5000
const largestBytes = 1024 * 1024

/** From an URL or a file, as JSON. */
export async function loadJwks(place: string): Promise<unknown> {
  if (!/^https?:/.test(place)) return readJson(await readFile(place, 'utf8'), deepest)
  // A redirect could lead anywhere: whose keys would it be?
  const response = await fetch(place, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  })
  if (!response.ok) throw new Error(`${new URL(place).host} answers with ${response.status}`)
  return readJson(await textOf(response), deepest)
}

/** What is longer is not read to its end. */
async function textOf({ body, url }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > largestBytes) throw new Error(`${new URL(url).host} answers with more than 1 MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
