import { Histogram, type Registry } from 'prom-client'

export type HistogramOptions<Label extends string> = {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  /** Upper bounds, the smallest first. */
  readonly buckets: readonly number[]
  readonly registry: Registry
  /** Called before its values are read. */
  readonly collect: () => void
}

/** Takes values one by one. */
export type QuickHistogram<Label extends string> = {
  readonly name: string
  readonly labelNames: readonly Label[]
  readonly observe: (labels: Readonly<Record<Label, string>>, value: number) => void
}

type Labels = Readonly<Record<string, string>>

/** `counts`: of each bucket alone, the last for what is above all bounds. */
type Series = {
  readonly labels: Labels
  readonly counts: number[]
  sum: number
}

type Value = { readonly labels: Readonly<Record<string, string | number>>; readonly value: number; readonly metricName: string }

/**
 * A histogram of prom-client that counts in lists of numbers. prom-client's own finds a series by a text of all its labels and a bucket by its
 * bound's name, for each value: as much as all else that is counted of a request.
 */
export function createHistogram<Label extends string>(options: HistogramOptions<Label>): QuickHistogram<Label> {
  const { name, labelNames, buckets } = options
  const all: Series[] = []
  let last: Series | undefined
  const hasLabels = (series: Series, labels: Labels): boolean =>
    labelNames.every((label) => series.labels[label] === labels[label])
  const open = (labels: Labels): Series => {
    const series = { labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }
    all.push(series)
    return series
  }
  const seriesOf = (labels: Labels): Series => {
    if (last !== undefined && hasLabels(last, labels)) return last
    last = all.find((series) => hasLabels(series, labels)) ?? open(labels)
    return last
  }
  // One without labels is there from the beginning, with nothing in it.
  if (labelNames.length === 0) open({})
  register(options, () => all.flatMap((series) => valuesOf(name, buckets, series)))
  return {
    name,
    labelNames,
    observe(labels, value) {
      const series = seriesOf(labels)
      const bucket = bucketOf(buckets, value)
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
      series.sum += value
    },
  }
}

/** Puts it among the metrics of the registry: all but what was counted is prom-client's. */
function register<Label extends string>(
  { name, help, labelNames, buckets, registry, collect }: HistogramOptions<Label>,
  values: () => readonly Value[],
): void {
  const configuration = { name, help, labelNames: [...labelNames], buckets: [...buckets] }
  const about = new Histogram({ ...configuration, registers: [] })
  const get = async (): Promise<object> => {
    collect()
    return { ...(await about.get()), values: values() }
  }
  // The registry asks by the second name where it writes text.
  Object.assign(new Histogram({ ...configuration, registers: [registry] }), { get, getForPromString: get })
}

function bucketOf(buckets: readonly number[], value: number): number {
  let at = 0
  while (at < buckets.length && value > (buckets[at] ?? 0)) at++
  return at
}

/** Prometheus counts in each bucket what is in the smaller ones as well. */
function valuesOf(name: string, buckets: readonly number[], { labels, counts, sum }: Series): readonly Value[] {
  let count = 0
  const upTo = counts.map((more, at): Value => {
    count += more
    return { labels: { le: buckets[at] ?? '+Inf', ...labels }, value: count, metricName: `${name}_bucket` }
  })
  return [
    ...upTo,
    { labels: { ...labels }, value: sum, metricName: `${name}_sum` },
    { labels: { ...labels }, value: count, metricName: `${name}_count` },
  ]
}
