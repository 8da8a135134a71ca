import { LRUCache } from 'lru-cache'
import type { Json } from '#canonical/request.ts'
import { weightOf } from '#lib/slices/write.ts'

/**
 * Items of answers that clients were given, for those that later name them by their ids alone: the provider that made them
 * never heard of these ids, since the relay gave them.
 */
export type ToldItems = {
  readonly remember: (client: string, id: string, item: Json) => void
  /** Undefined for an item of another client, one that is too old, or one that was never told here. */
  readonly find: (client: string, id: string) => Json | undefined
}

export type ToldLimits = {
  /** Of all items together. */
  readonly maxBytes: number
  /** Since an item was last named. */
  readonly ttlMs: number
}

// A conversation goes on for hours at most; what a long one said is some hundred kilobytes.
const usualLimits: ToldLimits = { maxBytes: 64 * 1024 * 1024, ttlMs: 6 * 3_600_000 }

/** @param nowMs monotonic milliseconds */
export function createToldItems(nowMs: () => number, { maxBytes, ttlMs }: ToldLimits = usualLimits): ToldItems {
  const maxEntrySize = Math.ceil(maxBytes / 16)
  const items = new LRUCache<string, Json>({
    maxSize: maxBytes,
    maxEntrySize,
    sizeCalculation: (item, key) => key.length + weightOf(item, maxEntrySize),
    ttl: ttlMs,
    updateAgeOnGet: true,
    ttlResolution: 0,
    perf: { now: nowMs },
  })
  const keyOf = (client: string, id: string): string => `${client}\n${id}`
  return {
    remember: (client, id, item) => void items.set(keyOf(client, id), item),
    find: (client, id) => items.get(keyOf(client, id)),
  }
}
