import { LRUCache } from 'lru-cache'
import type { Answer } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { isObject, parseJson } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import { parseInSlices } from '#lib/slices/parse.ts'
import { largeBytes, turnsForAll } from '#lib/slices/turn.ts'
import { isLarge, writeInSlices } from '#lib/slices/write.ts'
import { type CacheScope, keyOf } from './key.ts'
import type { Comparison, SemanticCache } from './semantic.ts'

/** An answer that is kept, with who gave it. */
export type Cached = { readonly answer: Answer; readonly target: string }

/** What came of a request that led: an answer to keep, its client went away before that, or (undefined) nothing to keep. */
export type LeadEnd = Cached | 'gone' | undefined

/** What the cache says of a request: an answer, or that this one is to get it; `settle` must then be called once. */
export type CacheEntry =
  /** `similarity` (0–1): it was given to another question that means the same; left out: to this one. */
  | { readonly kind: 'hit'; readonly cached: Cached; readonly similarity?: number }
  | { readonly kind: 'lead'; readonly settle: (end: LeadEnd) => void }

export type AnswerCache = {
  /**
   * Undefined when the request is not cached at all. Of several that ask the same at the same time one leads and the others
   * wait for its answer. When its client goes away the next one leads; when it gets nothing that can be kept all of them ask
   * for themselves, since they would otherwise do so one after the other.
   */
  readonly enter: (request: Request, scope: CacheScope) => Promise<CacheEntry> | undefined
  /** What all kept answers take. */
  readonly bytes: () => number
  readonly entries: () => number
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
  /** Finds answers to questions that mean the same; left out: only to the same ones. */
  readonly semantic?: SemanticCache
  /** The shared store did not answer: the request goes on without it. */
  readonly onFailure: (error: unknown) => void
}

// What an entry takes beside its bytes: its key, its buffer's own head, and the list and map that it stands in. Measured by
// `make bench-cache`.
const overheadBytes = 500

/** Answers to the same question, or to one that means the same, again within their time. Bytes are kept, so that the limit is one of bytes. */
export function createCache({ settings, shared, semantic, onFailure }: CacheOptions): AnswerCache {
  const memory = createMemory()
  const leading = new Map<string, Promise<Outcome>>()

  const find = async (key: string, kept: CacheSettings, scope: CacheScope): Promise<Cached | undefined> => {
    const own = memory.of(kept).get(key)
    const found = own === undefined ? findShared(key, { shared, onFailure }) : read(own)
    const cached = found instanceof Promise ? await found : found
    // The routing file may have changed since: a target that the route no longer has gives no answers.
    return cached !== undefined && scope.accepts?.(cached.target) === false ? undefined : cached
  }
  const store = (key: string, cached: Cached, kept: CacheSettings): void => {
    if (isLarge(cached)) toBytesInTurns(cached).then((bytes) => keep(key, bytes, kept), onFailure)
    else keep(key, toBytes(cached), kept)
  }
  const keep = (key: string, bytes: Buffer, kept: CacheSettings): void => {
    if (bytes.length + overheadBytes <= kept.max_size) memory.of(kept).set(key, bytes, { ttl: kept.ttl })
    shared?.set(key, bytes, kept.ttl).catch(onFailure)
  }
  /** An answer to another question that means the same. */
  const findNear = async (near: Comparison, kept: CacheSettings, scope: CacheScope): Promise<Hit | undefined> => {
    const found = await near.look()
    if (found === undefined) return undefined
    const cached = await find(found.key, kept, scope)
    if (cached === undefined) near.forget(found.key)
    return cached === undefined ? undefined : { kind: 'hit', cached, similarity: found.similarity }
  }
  const lead = async ({ key, kept, scope, near }: Asked): Promise<CacheEntry> => {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    leading.set(key, promise)
    const release = (outcome: Outcome): void => {
      leading.delete(key)
      resolve(outcome)
    }
    const found = near === undefined ? undefined : await findNear(near, kept, scope)
    if (found !== undefined) {
      release(found)
      return found
    }
    return {
      kind: 'lead',
      settle(end) {
        if (typeof end === 'object') {
          store(key, end, kept)
          near?.remember(key)
        }
        release(typeof end === 'object' ? { kind: 'hit', cached: end } : end)
      },
    }
  }
  const alone = ({ key, kept }: Asked): CacheEntry => ({
    kind: 'lead',
    settle(end) {
      if (typeof end === 'object') store(key, end, kept)
    },
  })
  const enterKey = async (asked: Asked): Promise<CacheEntry> => {
    const { key, kept, scope } = asked
    const found = await find(key, kept, scope)
    if (found !== undefined) return { kind: 'hit', cached: found }
    for (let first = leading.get(key); first !== undefined; first = leading.get(key)) {
      const outcome = await waitFor(first, scope)
      if (typeof outcome === 'object') return outcome
      if (outcome !== 'gone') return alone(asked)
    }
    return lead(asked)
  }
  return {
    enter(request, scope) {
      const kept = settings()
      const key = kept === undefined ? undefined : keyOf(request, scope)
      if (kept === undefined || key === undefined) return undefined
      const asked = (known: string): Asked => ({ key: known, kept, scope, near: semantic?.compare(request, scope) })
      return typeof key === 'string'
        ? enterKey(asked(key))
        : key.then((known) => (known === undefined ? forNobody : enterKey(asked(known))))
    },
    bytes: memory.bytes,
    entries: memory.entries,
  }
}

async function findShared(
  key: string,
  { shared, onFailure }: Pick<CacheOptions, 'shared' | 'onFailure'>,
): Promise<Cached | undefined> {
  try {
    const bytes = await shared?.get(key)
    return bytes === undefined ? undefined : await read(bytes)
  } catch (error) {
    onFailure(error)
    return undefined
  }
}

/** Of a request whose client has gone: what comes of it is not kept. */
const forNobody: CacheEntry = { kind: 'lead', settle() {} }

type Hit = Extract<CacheEntry, { readonly kind: 'hit' }>
/** What those who wait for a leading request hear. */
type Outcome = Hit | 'gone' | undefined
type Asked = {
  readonly key: string
  readonly kept: CacheSettings
  readonly scope: CacheScope
  readonly near: Comparison | undefined
}

/** What the leading request came to; nothing when this one could not wait for it. */
async function waitFor(first: Promise<Outcome>, { whenLate }: CacheScope): Promise<Outcome> {
  if (whenLate === undefined) return first
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const cancel = whenLate(() => resolve(undefined))
  const outcome = await Promise.race([first, promise])
  cancel()
  return outcome
}

/** The answers in this process, as long as their limit is the same. */
function createMemory() {
  let kept: LRUCache<string, Buffer> | undefined
  let size = 0
  return {
    of({ max_size }: CacheSettings): LRUCache<string, Buffer> {
      if (kept === undefined || size !== max_size) {
        kept = new LRUCache({ maxSize: max_size, sizeCalculation: (value) => value.length + overheadBytes })
        size = max_size
      }
      return kept
    },
    bytes: (): number => kept?.calculatedSize ?? 0,
    entries: (): number => kept?.size ?? 0,
  }
}

/** Not from Node's pool: a small entry that stays would keep a whole slab of entries that are long gone. */
function toBytes(cached: Cached): Buffer {
  const text = JSON.stringify(cached)
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

async function toBytesInTurns(cached: Cached): Promise<Buffer> {
  return Buffer.concat((await writeInSlices(cached, turnsForAll)) ?? [])
}

function read(bytes: Buffer): Cached | undefined | Promise<Cached | undefined> {
  return bytes.length < largeBytes
    ? cachedIn(parseJson(bytes.toString('utf8')))
    : parseInSlices(bytes, turnsForAll).then((parsed) => parsed && cachedIn(parsed))
}

function cachedIn(parsed: Result<unknown, string>): Cached | undefined {
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
