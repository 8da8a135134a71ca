import type { VectorIndex } from '#cache/vectors.ts'
import type { RedisVectors } from '#state/redis-vectors.ts'

/** Where vectors are: in each process, or in the server that instances share. */
export type VectorPlace = 'memory' | 'redis'

export type ChosenVectors = VectorIndex & { readonly place: () => VectorPlace }

export type ChooseVectorsDeps = {
  readonly memory: VectorIndex
  /** Undefined: instances share nothing. */
  readonly shared: RedisVectors | undefined
  /** Told once it is known whether the server has vector sets. */
  readonly onChosen: (place: VectorPlace) => void
  readonly nowMs: () => number
}

// A server that did not answer is asked again after this time; until then vectors stay in memory.
const againMs = 30_000

/** Vectors in the shared server where it has vector sets, else in memory. It is asked when the first vector is looked for. */
export function chooseVectors({ memory, shared, onChosen, nowMs }: ChooseVectorsDeps): ChosenVectors {
  let place: VectorPlace | undefined = shared === undefined ? 'memory' : undefined
  let askedMs = Number.NEGATIVE_INFINITY

  const ask = async (server: RedisVectors): Promise<void> => {
    askedMs = nowMs()
    try {
      place = (await server.supported()) ? 'redis' : 'memory'
      onChosen(place)
    } catch {
      // The store's own state tells that the server does not answer; it is asked again.
      place = undefined
    }
  }
  const index = async (): Promise<VectorIndex> => {
    if (place === undefined && shared !== undefined && nowMs() - askedMs >= againMs) await ask(shared)
    return place === 'redis' && shared !== undefined ? shared : memory
  }
  return {
    place: () => place ?? 'memory',
    nearest: async (group, vector, threshold) => (await index()).nearest(group, vector, threshold),
    add: async (group, key, vector, ttlMs) => (await index()).add(group, key, vector, ttlMs),
    remove: async (group, key) => (await index()).remove(group, key),
  }
}
