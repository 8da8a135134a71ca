import type { Dialect, DialectRoute } from '#dialect/dialect.ts'
import { matchOperation, type OperationMatch } from './operation-routes.ts'

/** What a client's path leads to. */
export type Match =
  | { readonly kind: 'dialect'; readonly dialect: Dialect; readonly route: DialectRoute; readonly pathModel?: string }
  | { readonly kind: 'models'; readonly form: 'openai_or_anthropic' | 'gemini'; readonly id?: string }
  /** What is no conversation; errors are told in this dialect. */
  | { readonly kind: 'operation'; readonly operation: OperationMatch; readonly dialect: Dialect }
  /** To a provider as it is; `rest` lies below its base URL. */
  | { readonly kind: 'provider'; readonly name: string; readonly rest: string }
  /** The path is known, the method is not the one it takes. */
  | { readonly kind: 'wrong_method'; readonly allow: string; readonly dialect?: Dialect }
  | { readonly kind: 'unknown' }

export type Router = (method: string, path: string) => Match

/** Vendors' SDKs put the version into the base URL or into the path: both forms are taken. */
const version = '/v1'

/** A router over the dialects' routes and the models lists; exact paths by one lookup, the others by pattern. */
export function createRouter(dialects: readonly Dialect[]): Router {
  const exact = new Map<string, RouteEntry>()
  const patterns: PatternEntry[] = []
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      const [prefix, suffix] = route.path.split('{model}')
      if (prefix !== undefined && suffix !== undefined) {
        patterns.push({ prefix, suffix, dialect, route })
        continue
      }
      exact.set(route.path, { dialect, route })
      if (route.path.startsWith(`${version}/`)) exact.set(route.path.slice(version.length), { dialect, route })
    }
  }
  return (method, path) => {
    const known = exact.get(path)
    if (known !== undefined) return method === known.route.method ? { kind: 'dialect', ...known } : wrongMethod(known)
    return (
      matchPattern(patterns, method, path) ??
      operationMatch(dialects, method, path) ??
      providerMatch(path) ??
      modelsMatch(method, path)
    )
  }
}

type RouteEntry = { readonly dialect: Dialect; readonly route: DialectRoute }
type PatternEntry = RouteEntry & { readonly prefix: string; readonly suffix: string }

function matchPattern(patterns: readonly PatternEntry[], method: string, path: string): Match | undefined {
  for (const { prefix, suffix, dialect, route } of patterns) {
    if (!path.startsWith(prefix) || !path.endsWith(suffix)) continue
    const pathModel = decode(path.slice(prefix.length, path.length - suffix.length))
    if (pathModel === undefined || pathModel === '') continue
    return method === route.method ? { kind: 'dialect', dialect, route, pathModel } : wrongMethod({ dialect, route })
  }
  return undefined
}

function operationMatch(dialects: readonly Dialect[], method: string, path: string): Match | undefined {
  const found = matchOperation(path)
  if (found === undefined) return undefined
  const name = found.api === 'gemini' ? 'gemini' : 'openai-chat'
  const dialect = dialects.find((one) => one.name === name)
  if (dialect === undefined) return undefined
  if (method !== 'POST') return { kind: 'wrong_method', allow: 'POST', dialect }
  if (found.pathModel === undefined) return { kind: 'operation', operation: found, dialect }
  const pathModel = decode(found.pathModel)
  return pathModel === undefined ? undefined : { kind: 'operation', operation: { ...found, pathModel }, dialect }
}

function wrongMethod({ route, dialect }: RouteEntry): Match {
  return { kind: 'wrong_method', allow: route.method, dialect }
}

/** `/providers/{name}/…`: the way to what has no translation. */
function providerMatch(path: string): Match | undefined {
  const match = /^\/providers\/([^/]+)(\/.+)$/.exec(path)
  const name = decode(match?.[1] ?? '')
  const rest = match?.[2]
  return name === undefined || name === '' || rest === undefined ? undefined : { kind: 'provider', name, rest }
}

function modelsMatch(method: string, path: string): Match {
  const match = /^(?<version>\/v1|\/v1beta|\/v1alpha)?\/models(?:\/(?<id>.+))?$/.exec(path)
  if (match === null) return { kind: 'unknown' }
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'wrong_method', allow: 'GET' }
  const id = decode(match.groups?.['id'] ?? '')
  if (id === undefined) return { kind: 'unknown' }
  const form =
    match.groups?.['version']?.startsWith('/v1a') === true || match.groups?.['version'] === '/v1beta'
      ? 'gemini'
      : 'openai_or_anthropic'
  return id === '' ? { kind: 'models', form } : { kind: 'models', form, id }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken escape names nothing: the caller answers that the path is unknown.
    return undefined
  }
}
