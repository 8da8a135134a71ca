import type { ClientConfig, GrantConfig, IssuerConfig } from '#config/config.ts'
import { asArray, asString, compact, isObject, type JsonObject } from '#lib/json.ts'
import { matchesPattern } from '#lib/pattern.ts'
import { err, ok, type Result } from '#lib/result.ts'

// Names go into logs and into keys of the store.
const longestName = 256

/** What the holder of a verified token may do: as a client of its own; the error says why nothing. */
export function clientOf(claims: JsonObject, issuer: IssuerConfig): Result<ClientConfig, string> {
  const { name, client: claim, grants = [{}] } = issuer
  const grant: GrantConfig | undefined = grants.find(({ when = {} }) => fitsClaims(when, claims))
  if (grant === undefined) return err(`no grant of ${name} fits the token`)
  const who = textAt(claims, grant.client ?? claim)
  if (who === undefined || who.length > longestName)
    return err(`the token has no claim ${grant.client ?? claim} that names a client`)
  const { when: _when, client: _client, ...terms } = grant
  return ok(
    compact({
      ...terms,
      name: `${name}:${who}`,
      group: name,
      keys: [],
      tier: grant.tier ?? tierOf(claims, issuer),
      tags: { ...tagsOf(claims, issuer), ...grant.tags },
      models: modelsOf(claims, issuer, grant.models),
    }),
  )
}

function fitsClaims(when: NonNullable<GrantConfig['when']>, claims: JsonObject): boolean {
  return Object.entries(when).every(([claim, wanted]) => {
    const accepted = typeof wanted === 'string' ? [wanted] : wanted
    const found = valueAt(claims, claim)
    return (Array.isArray(found) ? found : [found]).some((value) => isScalar(value) && accepted.includes(String(value)))
  })
}

function tierOf(claims: JsonObject, { claims: named }: IssuerConfig): string | undefined {
  return named?.tier === undefined ? undefined : textAt(claims, named.tier)
}

function tagsOf(claims: JsonObject, { claims: named }: IssuerConfig): Readonly<Record<string, string>> {
  const tags = Object.entries(named?.tags ?? {}).flatMap(([tag, claim]) => {
    const value = textAt(claims, claim)
    return value === undefined ? [] : [[tag, value] as const]
  })
  return Object.fromEntries(tags)
}

/** Where a claim names models, a token without it may ask for none: a claim that was forgotten must not open everything. */
function modelsOf(
  claims: JsonObject,
  { claims: named }: IssuerConfig,
  granted: readonly string[] | undefined,
): string[] | undefined {
  if (named?.models === undefined) return granted === undefined ? undefined : [...granted]
  const value = valueAt(claims, named.models)
  const listed = typeof value === 'string' ? value.split(/\s+/) : asArray(value).flatMap((one) => asString(one) ?? [])
  const models = listed.filter((model) => model !== '')
  return granted === undefined ? models : models.filter((model) => granted.some((pattern) => matchesPattern(pattern, model)))
}

function textAt(claims: JsonObject, path: string): string | undefined {
  const value = valueAt(claims, path)
  return isScalar(value) && String(value) !== '' ? String(value) : undefined
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** `a.b` is the claim of that whole name (`https://example.com/roles` has dots, too), else `b` within `a`. */
function valueAt(claims: JsonObject, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let found: unknown = claims
  for (const step of path.split('.')) found = isObject(found) && Object.hasOwn(found, step) ? found[step] : undefined
  return found
}
