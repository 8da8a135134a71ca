/**
 * Goes into a relay's bundle (telemetry-bundle.ts): turns parts of its telemetry on and off, every half second as long as it lives, and
 * writes down, in a line of the file TELEMETRY_TURNS, what each while took.
 */
import { appendFileSync } from 'node:fs'
import type { Observer } from '#canonical/observe.ts'
import { threadsCpuMicroseconds } from '../process-cost.ts'
import { compared, off, type Part, type Step, writeTurn } from '../telemetry-steps.ts'

// What the last step left behind, its garbage and its spans too, is gone in this time; then is measured.
const settleMs = 150
const measureMs = 400

let current: Step = off
let ended = 0

export function isOn(part: Part): boolean {
  return current.on.includes(part)
}

/** Hears only while the part is on. */
export function whileOn(part: Part, observe: Observer): Observer {
  return (event) => {
    if (isOn(part)) observe(event)
  }
}

export const countEnded: Observer = (event) => {
  if (event.kind === 'request_ended') ended++
}

function takeTurns(file: string): void {
  const steps = compared.flatMap((step) => [off, step])
  let place = 0
  const take = (): void => {
    const step = steps[place++ % steps.length] ?? off
    current = step
    setTimeout(() => measure(step), settleMs)
  }
  const measure = (step: Step): void => {
    ended = 0
    const before = threadsCpuMicroseconds()
    setTimeout(() => {
      const cpuMicroseconds = threadsCpuMicroseconds() - before
      appendFileSync(file, writeTurn({ step: step.name, cpuMicroseconds, requests: ended }))
      take()
    }, measureMs)
  }
  take()
}

const file = process.env['TELEMETRY_TURNS']
if (file !== undefined) takeTurns(file)
