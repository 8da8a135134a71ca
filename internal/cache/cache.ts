import { LRUCache } from 'lru-cache'
import type { Answer } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { isObject, parseJson } from '#lib/json.ts'
import { type CacheScope, cacheKey } from './key.ts'

/** An answer that is kept, with who gave it. */
export type Cached = { readonly answer: Answer; readonly target: string }

/** What the cache says of a request: an answer, or that this one is to get it; `settle` must then be called once. */
export type CacheEntry =
  | { readonly kind: 'hit'; readonly cached: Cached }
  | { readonly kind: 'lead'; readonly settle: (cached: Cached | undefined) => void }

export type AnswerCache = {
  /**
   * Undefined when the request is not cached at all. Of several that ask the same at the same time one leads; the others
   * wait for its answer, and when it gets none the next one leads.
   */
  readonly enter: (request: Request, scope: CacheScope) => Promise<CacheEntry> | undefined
  readonly bytes: () => number
}

export type CacheSettings = { readonly ttl: number; readonly max_size: number }

/** A store that instances share. */
export type SharedCache = {
  readonly get: (key: string) => Promise<Buffer | undefined>
  readonly set: (key: string, value: Buffer, ttlMs: number) => Promise<void>
}

export type CacheOptions = {
  /** Undefined: off. */
  readonly settings: () => CacheSettings | undefined
  readonly shared: SharedCache | undefined
  /** The shared store did not answer: the request goes on without it. */
  readonly onFailure: (error: unknown) => void
}

// What an entry takes beside its bytes: its key, and the list and map that it stands in. Measured: 300 to 400 bytes.
const overheadBytes = 400

/** Exact answers: the same question again within its time gets the same answer. Bytes are kept, so that the limit is one of bytes. */
export function createCache({ settings, shared, onFailure }: CacheOptions): AnswerCache {
  let memory: LRUCache<string, Buffer> | undefined
  let size = 0
  const leading = new Map<string, Promise<Cached | undefined>>()

  const memoryOf = ({ max_size }: CacheSettings): LRUCache<string, Buffer> => {
    if (memory === undefined || size !== max_size) {
      memory = new LRUCache({ maxSize: max_size, sizeCalculation: (value) => value.length + overheadBytes })
      size = max_size
    }
    return memory
  }
  const find = async (key: string, kept: CacheSettings): Promise<Cached | undefined> => {
    const own = memoryOf(kept).get(key)
    if (own !== undefined || shared === undefined) return own === undefined ? undefined : read(own)
    try {
      const bytes = await shared.get(key)
      return bytes === undefined ? undefined : read(bytes)
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
  const store = (key: string, cached: Cached, kept: CacheSettings): void => {
    const bytes = Buffer.from(JSON.stringify(cached))
    if (bytes.length + overheadBytes <= kept.max_size) memoryOf(kept).set(key, bytes, { ttl: kept.ttl })
    shared?.set(key, bytes, kept.ttl).catch(onFailure)
  }
  const lead = (key: string, kept: CacheSettings): CacheEntry => {
    const { promise, resolve } = Promise.withResolvers<Cached | undefined>()
    leading.set(key, promise)
    return {
      kind: 'lead',
      settle(cached) {
        leading.delete(key)
        if (cached !== undefined) store(key, cached, kept)
        resolve(cached)
      },
    }
  }
  const enterKey = async (key: string, kept: CacheSettings): Promise<CacheEntry> => {
    const found = await find(key, kept)
    if (found !== undefined) return { kind: 'hit', cached: found }
    for (let first = leading.get(key); first !== undefined; first = leading.get(key)) {
      const cached = await first
      if (cached !== undefined) return { kind: 'hit', cached }
    }
    return lead(key, kept)
  }
  return {
    enter(request, scope) {
      const kept = settings()
      const key = kept === undefined ? undefined : cacheKey(request, scope)
      return kept === undefined || key === undefined ? undefined : enterKey(key, kept)
    },
    bytes: () => memory?.calculatedSize ?? 0,
  }
}

function read(bytes: Buffer): Cached | undefined {
  const parsed = parseJson(bytes.toString('utf8'))
  return parsed.ok && isCached(parsed.value) ? parsed.value : undefined
}

/** Only we write there: the shape is checked as far as another version of the relay could have written another one. */
function isCached(value: unknown): value is Cached {
  return (
    isObject(value) &&
    typeof value['target'] === 'string' &&
    isObject(value['answer']) &&
    Array.isArray(value['answer']['candidates'])
  )
}
