import type { DialectName, Json } from '#canonical/request.ts'
import type { MockOperation } from './fault-injector.ts'
import type { FaultKind } from './fault-kinds.ts'

/** A call that arrived, as tests want to see it. */
export type SeenCall = {
  readonly provider: string
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The parsed body; undefined when there was none, or none that is a JSON object. */
  readonly body?: Json
  readonly operation: MockOperation
  readonly dialect?: DialectName
  readonly model?: string
  readonly stream: boolean
  /** The fault it got. */
  readonly fault?: FaultKind
}

/** What has happened since the start or the last reset. */
export type MockStats = {
  readonly requests: number
  /** By method and path without query. */
  readonly paths: Readonly<Record<string, number>>
  readonly providers: Readonly<Record<string, number>>
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  /** Calls whose caller closed the connection before the answer was through. */
  readonly cancelled: number
}

/** Keeps the last calls and counts all. */
export type Recorder = {
  readonly record: (call: SeenCall) => void
  readonly cancelled: () => void
  /** The last calls, oldest first. */
  readonly calls: () => readonly SeenCall[]
  readonly stats: () => MockStats
  readonly reset: () => void
}

// A path may hold a model's name, which callers make up: beyond this many, paths are counted together.
const maxPaths = 200

/** @param keep how many calls are kept with their bodies */
export function createRecorder(keep: number): Recorder {
  let ring: SeenCall[] = []
  let at = 0
  let requests = 0
  let cancelled = 0
  const paths = new Map<string, number>()
  const providers = new Map<string, number>()
  const faults = new Map<FaultKind, number>()
  return {
    record(call) {
      requests++
      const path = `${call.method} ${call.path.split('?', 1)[0]}`
      add(paths, paths.size < maxPaths || paths.has(path) ? path : 'other')
      add(providers, call.provider)
      if (call.fault !== undefined) add(faults, call.fault)
      if (keep === 0) return
      ring[at] = call
      at = (at + 1) % keep
    },
    cancelled: () => {
      cancelled++
    },
    calls: () => (ring.length < keep ? [...ring] : [...ring.slice(at), ...ring.slice(0, at)]),
    stats: () => ({
      requests,
      paths: Object.fromEntries(paths),
      providers: Object.fromEntries(providers),
      faults: Object.fromEntries(faults),
      cancelled,
    }),
    reset() {
      ring = []
      at = 0
      requests = 0
      cancelled = 0
      for (const counts of [paths, providers, faults]) counts.clear()
    },
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
