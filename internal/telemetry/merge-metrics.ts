import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client'
import { createExposition, type Exposition } from './exposition.ts'

/** One worker's metrics as plain data. */
export type MetricsData = readonly MetricObject[]

export function metricsData(registry: Registry): Promise<MetricsData> {
  return registry.getMetricsAsJSON()
}

/** The metrics of several workers as one: counts are added, states are told by the worst. */
export async function mergeMetrics(all: readonly MetricsData[], accept: string): Promise<Exposition> {
  const merged = AggregatorRegistry.aggregate(all.map((data) => [...data]))
  return await createExposition(merged)(accept)
}
