import type { Metrics } from './metrics.ts'

/** docs/metrics.md, from the definitions. */
export async function metricsReference(metrics: Metrics): Promise<string> {
  const all = await metrics.registry.getMetricsAsJSON()
  const labels = new Map(
    Object.values(metrics).flatMap((metric) =>
      'labelNames' in metric && 'name' in metric ? [[String(metric.name), metric.labelNames]] : [],
    ),
  )
  const rows = all
    .filter(({ name }) => name.startsWith('outrigger_'))
    .map(({ name, type, help }) => `| \`${name}\` | ${String(type)} | ${labelList(labels.get(name))} | ${help} |`)
  return `# Metrics

<!-- Written by \`make docs\` from internal/telemetry/metrics.ts. -->

\`GET /metrics\` on the operator port, as OpenMetrics to those who accept it, else in Prometheus' text format. Labels come from the
routing file and from closed sets, never from a client. Node's own metrics stand beside these under their usual names,
\`process_*\` and \`nodejs_*\`: CPU, memory, heap, garbage collection (\`nodejs_gc_duration_seconds\`), and how late timers fire
(\`nodejs_eventloop_delay_seconds\`, quantiles since the last scrape).

| name | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

function labelList(names: unknown): string {
  return Array.isArray(names) ? names.map((name) => `\`${String(name)}\``).join(', ') : ''
}
