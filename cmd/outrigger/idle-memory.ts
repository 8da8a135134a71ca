import { constants, PerformanceObserver, performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { isObject } from '#lib/json.ts'
import { createChurnJudge } from './churn.ts'
import { collectGarbage } from './collect-garbage.ts'

/** What is known of the last second. */
export type Second = {
  /** Share of the time in which the event loop had something to do, 0–1. */
  readonly busy: number
  readonly inFlight: number
  /** Bytes of objects, garbage included. */
  readonly heapUsed: number
}

const checkMs = 1000
// Percent.
const earlyGrowth = 20
const idleShare = 0.05
// A pause in the traffic is not its end: a collection also makes V8's young generation small again.
const usualIdleSeconds = 8
// Less is not worth a collection.
const leastGarbageBytes = 8 * 1024 * 1024

/**
 * Whether it is time to collect the garbage that requests have left: when none has been under way for so many seconds; and once more
 * a second later, since what the first collection finalizes the second one frees.
 */
export function createIdleJudge(idleSeconds: number): (second: Second) => boolean {
  let idle = 0
  let leftBytes = 0
  let isFirstDone = false
  let hasCollected = true
  return ({ busy, inFlight, heapUsed }) => {
    // V8 collects as well, and the start's own garbage is collected a second after it.
    if (hasCollected || heapUsed < leftBytes) leftBytes = heapUsed
    hasCollected = false
    idle = inFlight === 0 && busy < idleShare ? idle + 1 : 0
    if (idle < idleSeconds) {
      isFirstDone = false
      return false
    }
    const isWorthIt = heapUsed >= leftBytes + leastGarbageBytes
    hasCollected = isFirstDone || isWorthIt
    isFirstDone = !isFirstDone && isWorthIt
    return hasCollected
  }
}

/**
 * Gives memory back when the last request has ended. V8 would do so as well, but forgets then the shapes of all objects that only requests
 * have, and with them the code that was compiled for them: the next thousands of requests take twice the time (docs/performance.md). So its own way is
 * switched off, and shapes are kept. And garbage is collected earlier than V8 would, where that helps.
 */
export function keepMemoryLow(inFlight: () => number): void {
  setFlagsFromString('--no-memory-reducer')
  const isTime = createIdleJudge(usualIdleSeconds)
  const churn = createChurnJudge()
  const settle = (): void => setOwnFlags(churn.isChurning(performance.now()))
  settle()
  onCollection(() => {
    churn.note({ atMs: performance.now(), heapUsed: process.memoryUsage().heapUsed })
    settle()
  })
  let last = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    const busy = performance.eventLoopUtilization(now, last).utilization
    last = now
    const second = { busy, inFlight: inFlight(), heapUsed: process.memoryUsage().heapUsed }
    settle()
    if (isTime(second)) collectGarbage('regular')
  }, checkMs).unref()
}

function onCollection(listener: () => void): void {
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some((entry) => isMajor(entry))) listener()
  })
  observer.observe({ entryTypes: ['gc'] })
}

/** Node tells the kind of a collection beside its time (https://nodejs.org/api/perf_hooks.html#performanceentrydetail). */
function isMajor(entry: unknown): boolean {
  const detail = isObject(entry) ? entry['detail'] : undefined
  return isObject(detail) && detail['kind'] === constants.NODE_PERFORMANCE_GC_MAJOR
}

/** Set again and again: the executable takes them back whenever it loads a piece of itself (`scripts/executable/load-script.ts`). */
function setOwnFlags(isChurning: boolean): void {
  setFlagsFromString('--retain-maps-for-n-gc=1000000')
  // By how much the heap may grow before all of it is collected, in percent; 0: as V8 thinks best, which is to let it double.
  setFlagsFromString(`--heap-growing-percent=${isChurning ? 0 : earlyGrowth}`)
}
