/** Loaded before the relay (`node --import`), to see what its metrics cost: its counters and histograms do nothing. */
import { Counter, Gauge, Histogram } from 'prom-client'

const nothing = (): void => {}

Counter.prototype.inc = nothing
Gauge.prototype.inc = nothing
Gauge.prototype.dec = nothing
Histogram.prototype.observe = nothing
