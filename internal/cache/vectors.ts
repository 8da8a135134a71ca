import { LRUCache } from 'lru-cache'
import { createSigner, type Signer } from './signature.ts'

/** A neighbour: the key of its answer, and how alike the two are (cosine, 0–1). */
export type Near = { readonly key: string; readonly similarity: number }

/** Vectors in groups; only those of one group are compared. Promises only where another machine is asked. */
export type VectorIndex = {
  /** The most alike of the group; undefined when none is as alike as the threshold says. */
  readonly nearest: (group: string, vector: readonly number[], threshold: number) => Near | undefined | Promise<Near | undefined>
  readonly add: (group: string, key: string, vector: readonly number[], ttlMs: number) => void | Promise<void>
  readonly remove: (group: string, key: string) => void | Promise<void>
}

type Entry = { readonly group: string; readonly key: string; readonly vector: Float32Array; readonly signature: Uint32Array }

// Beside the numbers: the heads of two arrays, the keys, and the list and sets that an entry stands in. Measured by `make bench-cache`.
const overheadBytes = 900

/** Vectors in this process, up to so many bytes; the ones that were not used for the longest time go first. */
export function createMemoryVectors(maxBytes: () => number): VectorIndex & { readonly bytes: () => number } {
  const groups = new Map<string, Set<Entry>>()
  const signers = new Map<number, Signer>()
  let entries: LRUCache<string, Entry> | undefined
  let size = 0

  const leave = (entry: Entry): void => {
    const group = groups.get(entry.group)
    group?.delete(entry)
    if (group?.size === 0) groups.delete(entry.group)
  }
  const kept = (): LRUCache<string, Entry> => {
    const max = maxBytes()
    if (entries === undefined || size !== max) {
      groups.clear()
      size = max
      entries = new LRUCache({ maxSize: max, sizeCalculation: sizeOf, dispose: leave })
    }
    return entries
  }
  const signerOf = (dimensions: number): Signer => {
    const signer = signers.get(dimensions) ?? createSigner(dimensions)
    signers.set(dimensions, signer)
    return signer
  }
  return {
    nearest(group, vector, threshold) {
      const all = kept()
      const unit = unitOf(vector)
      const signer = signerOf(unit.length)
      const near = nearestOf(groups.get(group) ?? [], unit, { signer, threshold })
      // What expired is noticed here; what was found is used.
      return near === undefined || all.get(near.key) === undefined ? undefined : near
    },
    add(group, key, vector, ttlMs) {
      const unit = unitOf(vector)
      const entry: Entry = { group, key, vector: unit, signature: signerOf(unit.length).sign(unit) }
      const all = kept()
      all.set(key, entry, { ttl: ttlMs })
      if (all.peek(key) !== entry) return
      const members = groups.get(group) ?? new Set<Entry>()
      members.add(entry)
      groups.set(group, members)
    },
    remove: (_group, key) => void kept().delete(key),
    bytes: () => entries?.calculatedSize ?? 0,
  }
}

type Search = { readonly signer: Signer; readonly threshold: number }

function nearestOf(group: Iterable<Entry>, unit: Float32Array, { signer, threshold }: Search): Near | undefined {
  const signature = signer.sign(unit)
  const most = signer.mostDifferent(threshold)
  let best: Near | undefined
  for (const entry of group) {
    if (entry.vector.length !== unit.length || signer.difference(entry.signature, signature) > most) continue
    const similarity = Math.min(1, product(entry.vector, unit))
    if (similarity >= threshold && similarity > (best?.similarity ?? -1)) best = { key: entry.key, similarity }
  }
  return best
}

function sizeOf({ vector, signature }: Entry): number {
  return vector.byteLength + signature.byteLength + overheadBytes
}

/** Of length one, so that the cosine of two is their product. */
function unitOf(vector: readonly number[]): Float32Array {
  const unit = Float32Array.from(vector)
  const length = Math.sqrt(product(unit, unit))
  return length === 0 ? unit : unit.map((value) => value / length)
}

function product(left: Float32Array, right: Float32Array): number {
  let sum = 0
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0)
  return sum
}
