import { Registry } from 'prom-client'

/** The metrics as one scrape gets them. */
export type Exposition = { readonly contentType: string; readonly body: string }

/** Writes the metrics in the format that the scraper prefers: OpenMetrics when its Accept header says so, else Prometheus' text. */
export function createExposition(
  registry: Pick<Registry, 'getMetricsAsArray' | 'metrics'>,
): (accept: string) => Promise<Exposition> {
  const counters = new Set(registry.getMetricsAsArray().flatMap(({ name, type }) => (String(type) === 'counter' ? [name] : [])))
  return async (accept) => {
    const text = await registry.metrics()
    return prefersOpenMetrics(accept)
      ? { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: openMetrics(text, counters) }
      : { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: text }
  }
}

/**
 * Prometheus' text as OpenMetrics: counters are told without `_total`, no blank lines, an end. prom-client would do it too, but
 * renames its metrics for good by it, so that no scrape in the other format would ever be right again.
 */
function openMetrics(text: string, counters: ReadonlySet<string>): string {
  const told = text.replace(/^# (HELP|TYPE) (\S+)_total /gm, (line, word: string, name: string) =>
    counters.has(`${name}_total`) ? `# ${word} ${name} ` : line,
  )
  return `${told.replace(/\n{2,}/g, '\n')}# EOF\n`
}

/** Whether OpenMetrics stands in the Accept header with at least the weight of plain text. */
function prefersOpenMetrics(accept: string): boolean {
  const weights = new Map<string, number>()
  for (const part of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    weights.set(type, Math.max(weights.get(type) ?? 0, Number.isNaN(weight) ? 0 : weight))
  }
  const wanted = weights.get('application/openmetrics-text') ?? 0
  return wanted > 0 && wanted >= (weights.get('text/plain') ?? 0)
}
