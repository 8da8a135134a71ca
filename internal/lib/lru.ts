import { LRUCache } from 'lru-cache'

/**
 * The `most` entries that were used last. It grows as it fills: one that is made for its full size takes memory and time at the start,
 * also where it stays empty.
 */
export function createLru<Key extends {}, Value extends {}>(most: number): LRUCache<Key, Value> {
  return new LRUCache<Key, Value>({ maxSize: most, sizeCalculation: one })
}

const one = (): number => 1
