import type { DialectName } from '#canonical/request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { MockOperation } from './fault-injector.ts'

/** What a path asks for. */
export type MockRoute =
  | { readonly operation: 'generate' | 'count_tokens'; readonly dialect: Dialect; readonly pathModel?: string }
  | { readonly operation: 'embeddings'; readonly shape: 'openai' | 'gemini' | 'gemini-batch'; readonly pathModel?: string }
  | { readonly operation: 'models'; readonly shape: 'openai' | 'gemini'; readonly id?: string }
  | { readonly operation: 'health' | 'other' }

/** Looks a path up; undefined when the mock has nothing there. */
export type Router = (method: string, path: string) => MockRoute | undefined

type Pattern = { readonly method: string; readonly match: RegExp; readonly route: (found: string | undefined) => MockRoute }

/**
 * The router of a provider. A path may stand behind any prefix (`/openai/v1`, `/compatible-mode/v1`, `/v1`, nothing), as
 * the base URLs of vendors do, so that a mock can stand where a vendor stood.
 */
export function createRouter(dialects: readonly Dialect[]): Router {
  const patterns = [...dialects.flatMap(dialectPatterns), ...embeddings, ...models, ...others]
  return (method, path) => {
    for (const pattern of patterns) {
      const found = pattern.method === method ? pattern.match.exec(path) : null
      if (found !== null) return pattern.route(found[1] === undefined ? undefined : decode(found[1]))
    }
    return undefined
  }
}

/** The names of the dialects that a provider speaks; the first one is the shape of errors on paths that belong to none. */
export function firstDialect(dialects: readonly Dialect[]): DialectName {
  return dialects[0]?.name ?? 'openai-chat'
}

function dialectPatterns(dialect: Dialect): readonly Pattern[] {
  return dialect.routes.map(({ method, path, operation }) => {
    const [before = '', behind] = path.replace(/^\/v\d+\w*(?=\/)/, '').split('{model}')
    const pattern = behind === undefined ? literally(before) : `${literally(before)}(.+)${literally(behind)}`
    return {
      method,
      match: new RegExp(`^(?:/.*)?${pattern}$`),
      route: (pathModel) => ({ operation, dialect, ...(pathModel === undefined ? {} : { pathModel }) }),
    }
  })
}

const embeddings: readonly Pattern[] = [
  { method: 'POST', match: /\/embeddings$/, route: () => ({ operation: 'embeddings', shape: 'openai' }) },
  { method: 'POST', match: /\/models\/(.+):embedContent$/, route: (model) => embedding('gemini', model) },
  { method: 'POST', match: /\/models\/(.+):batchEmbedContents$/, route: (model) => embedding('gemini-batch', model) },
]

function embedding(shape: 'gemini' | 'gemini-batch', model: string | undefined): MockRoute {
  return { operation: 'embeddings', shape, ...(model === undefined ? {} : { pathModel: model }) }
}

const models: readonly Pattern[] = [
  { method: 'GET', match: /^\/v1beta\/models(?:\/(.+))?$/, route: (id) => modelRoute('gemini', id) },
  { method: 'GET', match: /\/models(?:\/(.+))?$/, route: (id) => modelRoute('openai', id) },
]

function modelRoute(shape: 'openai' | 'gemini', id: string | undefined): MockRoute {
  return { operation: 'models', shape, ...(id === undefined ? {} : { id }) }
}

const others: readonly Pattern[] = [
  { method: 'GET', match: /^\/health$/, route: () => ({ operation: 'health' }) },
  { method: 'POST', match: /\/(?:images|audio)\/.+$|\/(?:moderations|rerank)$/, route: () => ({ operation: 'other' }) },
]

function literally(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign: the name is taken as it is written.
    return text
  }
}

/** What a call to the route is for, in the words of a fault plan. */
export function operationOf(route: MockRoute | undefined): MockOperation {
  return route?.operation ?? 'other'
}
