import type { AuthClient } from 'google-auth-library'
import type { Failure } from '#canonical/failure.ts'
import { asNumber, asObject, asString, isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Authenticator, AuthHeaders } from '../provider.ts'
import { authFailure } from './auth-failure.ts'
import { createTokenCache, type Fetched, type TokenCache } from './token-cache.ts'

const scope = 'https://www.googleapis.com/auth/cloud-platform'
// Who gives tokens answers within milliseconds, or is not there.
const timeoutMs = 10_000

/** What a key of a Google provider is. Without a key the machine's own credentials are asked. */
export type GoogleKey =
  | { readonly kind: 'api_key' | 'token'; readonly value: string }
  /** The JSON of a service account, of a user, or of a federation with another identity provider. */
  | { readonly kind: 'account'; readonly account: JsonObject }
  | { readonly kind: 'default' }
  | { readonly kind: 'broken'; readonly problem: string }

/** Tells by its form what was given as key. */
export function readGoogleKey(key: string | undefined): GoogleKey {
  const text = key?.trim() ?? ''
  if (text === '') return { kind: 'default' }
  if (text.startsWith('{')) return readAccount(text)
  return { kind: /^ya29\.|^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text) ? 'token' : 'api_key', value: text }
}

function readAccount(text: string): GoogleKey {
  const parsed = parseJson(text)
  if (!parsed.ok || !isObject(parsed.value)) return { kind: 'broken', problem: 'the credentials are no JSON object' }
  const account = parsed.value
  const type = asString(account['type'])
  if (type === undefined) return { kind: 'broken', problem: 'the credentials have no `type`' }
  const missing = (needed[type] ?? []).find((field) => asString(account[field]) === undefined)
  return missing === undefined
    ? { kind: 'account', account }
    : { kind: 'broken', problem: `the credentials have no \`${missing}\`` }
}

const needed: Readonly<Record<string, readonly string[]>> = {
  service_account: ['client_email', 'private_key'],
  authorized_user: ['client_id', 'client_secret', 'refresh_token'],
}

/**
 * API keys and access tokens go as they are; for accounts, and the machine's own credentials where there is no key, access
 * tokens are fetched by Google's library, which is loaded with the first of them. Source: cloud.google.com/docs/authentication.
 */
export function createGoogleAuthenticator(): Authenticator {
  const caches = new Map<string, TokenCache<string>>()
  const cacheOf = (key: string, account: JsonObject | undefined): TokenCache<string> => {
    const cache = caches.get(key) ?? createTokenCache(() => fetchToken(account))
    caches.set(key, cache)
    return cache
  }
  return {
    async headers(_request, key = ''): Promise<Result<AuthHeaders, Failure>> {
      const given = readGoogleKey(key)
      switch (given.kind) {
        case 'api_key':
          return ok({ 'x-goog-api-key': given.value })
        case 'token':
          return ok({ authorization: `Bearer ${given.value}` })
        case 'broken':
          return err(authFailure(given.problem))
        default: {
          const token = await cacheOf(key, given.kind === 'account' ? given.account : undefined).get()
          return token.ok ? ok({ authorization: `Bearer ${token.value}` }) : token
        }
      }
    },
    refused: (key = '') => caches.get(key)?.forget(),
  }
}

async function fetchToken(account: JsonObject | undefined): Promise<Result<Fetched<string>, Failure>> {
  try {
    const { GoogleAuth } = await import('google-auth-library')
    const auth = new GoogleAuth({
      scopes: scope,
      clientOptions: { transporterOptions: { timeout: timeoutMs } },
      ...(account === undefined ? {} : { credentials: account }),
    })
    const client = await auth.getClient()
    if (account !== undefined) useTokenUri(client, asString(account['token_uri']))
    const { token } = await client.getAccessToken()
    if (token === null || token === undefined) return err(authFailure('no access token was given'))
    const expiresAtMs = client.credentials.expiry_date ?? Date.now() + shortLifeMs
    return ok({ value: token, expiresAtMs })
  } catch (error) {
    return err(failureOf(error))
  }
}

// Where nothing tells how long a token lives.
const shortLifeMs = 10 * 60_000

const googlesTokenUri = 'https://oauth2.googleapis.com/token'

/** Private clouds have a token server of their own, which the account names; the library asks Google's whatever it says. */
function useTokenUri(client: AuthClient, tokenUri: string | undefined): void {
  if (tokenUri === undefined || tokenUri === googlesTokenUri) return
  client.transporter.interceptors.request.add({
    resolved: async (config) => (config.url.href === googlesTokenUri ? { ...config, url: new URL(tokenUri) } : config),
  })
}

/** Who refuses is told from who cannot be reached: only the first speaks against the key. */
function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  const facts = asObject(error)
  const status = asNumber(asObject(facts['response'])['status']) ?? asNumber(facts['status'])
  const code = asString(facts['code']) ?? asString(asObject(facts['cause'])['code']) ?? ''
  const text = `no access token: ${message}`
  if (status !== undefined && status >= 500) return { kind: 'network', phase: 'connect', message: text }
  if (/^(ECONN\w+|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|UND_ERR_\w+)$/.test(code))
    return { kind: 'network', phase: 'connect', message: text }
  if (/Timeout|Abort/.test(facts['name']?.toString() ?? '')) return { kind: 'timeout', phase: 'connect', message: text }
  return authFailure(text)
}
