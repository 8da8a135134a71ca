import { decodeJwt, errors, jwtVerify } from 'jose'
import type { ClientConfig, IssuerConfig } from '#config/config.ts'
import { createLru } from '#lib/lru.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { clientOf } from './grants.ts'
import { createKeySet, type KeySet, KeysUnavailableError, loadJwks } from './jwks.ts'
import { digestOf } from './keys.ts'
import type { Stranger } from './stranger.ts'

/** Takes signed tokens in place of virtual keys. */
export type Tokens = {
  /** Undefined for what is no token. */
  readonly identify: (
    issuers: readonly IssuerConfig[],
    token: string,
  ) => Result<ClientConfig, Stranger> | Promise<Result<ClientConfig, Stranger>> | undefined
  /** Fetches the keys of these issuers before the first token comes. */
  readonly warmUp: (issuers: readonly IssuerConfig[]) => void
}

export type TokensDeps = {
  readonly load?: (place: string) => Promise<unknown>
  readonly onFailure: (issuer: string, error: unknown) => void
  readonly nowMs: () => number
}

// Checking a signature costs a tenth of a millisecond, and tokens come back with each request. A key that its issuer
// withdrew is noticed within this time.
const verifiedForMs = 60_000
const mostVerified = 20_000
// Keys of our own `sk-…` never look like this.
const tokenPattern = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/

type Verified = { readonly client: ClientConfig; readonly untilMs: number }

export function createTokens({ load = loadJwks, onFailure, nowMs }: TokensDeps): Tokens {
  let of: readonly IssuerConfig[] = []
  let keySets = new Map<IssuerConfig, KeySet>()
  const verified = createLru<string, Verified>(mostVerified)

  const take = (issuers: readonly IssuerConfig[]): void => {
    if (issuers === of) return
    const before = new Map([...keySets].map(([issuer, set]) => [placeOf(issuer), set]))
    keySets = new Map(
      issuers.map((issuer) => [
        issuer,
        before.get(placeOf(issuer)) ??
          createKeySet({
            load: () => load(issuer.jwks),
            refreshMs: issuer.refresh,
            onFailure: (error) => onFailure(issuer.name, error),
            nowMs,
          }),
      ]),
    )
    of = issuers
    verified.clear()
  }
  const verify = async (token: string, digest: string): Promise<Result<ClientConfig, Stranger>> => {
    const issuer = issuerOf(token, of)
    const keySet = issuer === undefined ? undefined : keySets.get(issuer)
    if (issuer === undefined || keySet === undefined) return invalid('its issuer or its audience is not known here')
    try {
      const { payload } = await jwtVerify(token, keySet.getKey, {
        issuer: issuer.issuer,
        audience: [...issuer.audience],
        algorithms: [...issuer.algorithms],
        clockTolerance: issuer.clock_tolerance / 1000,
        requiredClaims: ['exp'],
        currentDate: new Date(nowMs()),
      })
      const client = clientOf(payload, issuer)
      if (!client.ok) return err({ code: 'token_not_allowed', kind: 'permission', message: client.error })
      const expiresMs = (payload.exp ?? 0) * 1000 + issuer.clock_tolerance
      verified.set(digest, { client: client.value, untilMs: Math.min(nowMs() + verifiedForMs, expiresMs) })
      return client
    } catch (error) {
      return refusalOf(error)
    }
  }
  return {
    identify(issuers, token) {
      if (issuers.length === 0 || !tokenPattern.test(token)) return undefined
      take(issuers)
      const digest = digestOf(token)
      const known = verified.get(digest)
      if (known !== undefined && nowMs() < known.untilMs) return ok(known.client)
      return verify(token, digest)
    },
    warmUp(issuers) {
      take(issuers)
      for (const keySet of keySets.values()) keySet.warmUp()
    },
  }
}

/** What a key set is fetched by: it stays over a reload that does not change it. */
function placeOf({ jwks, refresh, name }: IssuerConfig): string {
  return JSON.stringify([jwks, refresh, name])
}

/** By what the token says of itself, which is not proven yet. */
function issuerOf(token: string, issuers: readonly IssuerConfig[]): IssuerConfig | undefined {
  try {
    const { iss, aud } = decodeJwt(token)
    const audiences = Array.isArray(aud) ? aud : [aud]
    return issuers.find(({ issuer, audience }) => issuer === iss && audience.some((one) => audiences.includes(one)))
  } catch {
    // Not even readable: it is nobody's.
    return undefined
  }
}

function invalid(why: string): Result<never, Stranger> {
  return err({ code: 'invalid_token', message: `the token is not taken: ${why}` })
}

function refusalOf(error: unknown): Result<never, Stranger> {
  if (error instanceof KeysUnavailableError) {
    return err({ code: 'token_keys_unavailable', kind: 'overloaded', message: error.message })
  }
  if (error instanceof errors.JWTExpired) return err({ code: 'token_expired', message: 'the token has expired' })
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`its claim ${error.claim} does not hold`)
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid('its signature is of a kind that is not allowed')
  if (error instanceof errors.JWKSNoMatchingKey) return invalid('its key is none of the issuer\u2019s')
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid('its signature is wrong')
  if (error instanceof errors.JOSEError) return invalid('it cannot be read')
  throw error
}
