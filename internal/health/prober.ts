import type { Cancel, Clock } from '#lib/clock.ts'

/** `keyIndex`: the key that the provider accepted. */
export type ProbeResult =
  | { readonly ok: true; readonly durationMs: number; readonly keyIndex?: number }
  | { readonly ok: false; readonly durationMs: number; readonly reason: string }

/** Asks the provider whether it lives. Must end in its own time limit; one that throws counts as failed. */
export type Probe = (provider: string) => Promise<ProbeResult>

/** `recovered`: it is good and the one before was not. `heard`: another process has probed. */
export type ProbeListener = (
  provider: string,
  result: ProbeResult,
  about: { readonly recovered: boolean; readonly heard: boolean },
) => void

export type ProberDeps = {
  readonly clock: Clock
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly probe: Probe
  /** Whether one of the provider's targets is out of the rotation: then it is asked more often. */
  readonly isTroubled: (provider: string, nowMs: number) => boolean
  /** When the provider last answered a request. */
  readonly lastAnswerMs: (provider: string) => number | undefined
  /** Hears every result. */
  readonly onResult: ProbeListener
}

export type Prober = {
  /** Probes these providers from now on, each at its own interval in milliseconds, and no others. */
  readonly watch: (intervals: ReadonlyMap<string, number>) => void
  /** A target of the provider has left the rotation: the next probe is not waited for as long. */
  readonly hasten: (provider: string) => void
  /** Another process has probed the provider: it counts as a probe of this one, which then need not ask so soon. */
  readonly hear: (provider: string, result: ProbeResult) => void
  readonly stop: () => void
}

type Watched = {
  intervalMs: number
  cancel: Cancel
  running: boolean
  stopped: boolean
  lastOk: boolean | undefined
}

// Instances that were started together must not probe together.
const jitter = 0.1
const troubledFactor = 1 / 3

/** Asks every provider again and again, never twice at the same time, and not at all while its ordinary traffic shows that it lives. */
export function createProber(deps: ProberDeps): Prober {
  const { clock, random } = deps
  const watched = new Map<string, Watched>()

  const schedule = (provider: string, entry: Watched, waitMs: number): void => {
    entry.cancel()
    if (!entry.stopped) entry.cancel = clock.after(waitMs, () => visit(provider, entry), 'background')
  }
  const waitMs = (provider: string, { intervalMs, lastOk }: Watched): number => {
    const factor = lastOk === false || deps.isTroubled(provider, clock.now()) ? troubledFactor : 1
    return intervalMs * factor * (1 + jitter * (2 * random() - 1))
  }
  const visit = (provider: string, entry: Watched): void => {
    const nowMs = clock.now()
    const answeredMs = deps.lastAnswerMs(provider) ?? Number.NEGATIVE_INFINITY
    const lives = nowMs - answeredMs < entry.intervalMs && !deps.isTroubled(provider, nowMs)
    if (lives) return schedule(provider, entry, waitMs(provider, entry))
    entry.running = true
    void run(deps, provider).then((result) => {
      entry.running = false
      if (entry.stopped) return
      learn(provider, entry, result, false)
      schedule(provider, entry, waitMs(provider, entry))
    })
  }
  const learn = (provider: string, entry: Watched, result: ProbeResult, heard: boolean): void => {
    const recovered = result.ok && entry.lastOk === false
    entry.lastOk = result.ok
    deps.onResult(provider, result, { recovered, heard })
  }
  const leave = (provider: string, entry: Watched): void => {
    entry.stopped = true
    entry.cancel()
    watched.delete(provider)
  }
  const enter = (provider: string, intervalMs: number): void => {
    const entry: Watched = { intervalMs, cancel: () => {}, running: false, stopped: false, lastOk: undefined }
    watched.set(provider, entry)
    schedule(provider, entry, intervalMs * troubledFactor * random())
  }

  return {
    watch(intervals) {
      for (const [provider, entry] of watched) if (!intervals.has(provider)) leave(provider, entry)
      for (const [provider, intervalMs] of intervals) {
        const known = watched.get(provider)
        if (known === undefined) enter(provider, intervalMs)
        else known.intervalMs = intervalMs
      }
    },
    hasten(provider) {
      const entry = watched.get(provider)
      if (entry !== undefined && !entry.running) schedule(provider, entry, waitMs(provider, entry))
    },
    hear(provider, result) {
      const entry = watched.get(provider)
      if (entry === undefined) return
      learn(provider, entry, result, true)
      if (!entry.running) schedule(provider, entry, waitMs(provider, entry))
    },
    stop() {
      for (const [provider, entry] of watched) leave(provider, entry)
    },
  }
}

async function run({ clock, probe }: ProberDeps, provider: string): Promise<ProbeResult> {
  const startedMs = clock.now()
  try {
    return await probe(provider)
  } catch (error) {
    return { ok: false, durationMs: clock.now() - startedMs, reason: error instanceof Error ? error.message : String(error) }
  }
}
