import { readdirSync, readFileSync } from 'node:fs'

// Linux counts a process's time in ticks of 10 ms.
const microsecondsPerTick = 10_000

/** CPU time of a process and its children so far, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  let ticks = ticksOf(pid)
  for (const child of childrenOf(pid)) ticks += ticksOf(child)
  return ticks * microsecondsPerTick
}

const nanosecondsPerMicrosecond = 1000

/** CPU time of this process's threads so far, in microseconds: to the nanosecond, but without what threads that have ended took. */
export function threadsCpuMicroseconds(): number {
  let nanoseconds = 0
  for (const thread of readdirSync('/proc/self/task')) {
    // https://docs.kernel.org/scheduler/sched-stats.html: the first is the time that it ran.
    const [ran] = readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')
    nanoseconds += Number(ran)
  }
  return nanoseconds / nanosecondsPerMicrosecond
}

/** Resident memory of a process and its children, in MiB. */
export function rssMiB(pid: number): number {
  const kib = [pid, ...childrenOf(pid)].map((each) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0),
  )
  return kib.reduce((sum, value) => sum + value, 0) / 1024
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

function childrenOf(pid: number): readonly number[] {
  const found: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const parent = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
      if (Number(parent) === pid) found.push(Number(entry))
    } catch {
      // The process ended while we looked.
    }
  }
  return found
}
