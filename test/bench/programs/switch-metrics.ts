/**
 * Loaded before the relay (`node --import`), to see what its metrics cost: with the first SIGWINCH its counters and histograms do nothing,
 * with the next they count again.
 */
import { Counter, Gauge, Histogram } from 'prom-client'

const counting = [
  { of: Counter.prototype, inc: Counter.prototype.inc },
  { of: Gauge.prototype, inc: Gauge.prototype.inc },
]
const { dec } = Gauge.prototype
const { observe } = Histogram.prototype
let muted = false

process.on('SIGWINCH', () => {
  muted = !muted
  const nothing = (): void => {}
  for (const { of, inc } of counting) of.inc = muted ? nothing : inc
  Gauge.prototype.dec = muted ? nothing : dec
  Histogram.prototype.observe = muted ? nothing : observe
})
