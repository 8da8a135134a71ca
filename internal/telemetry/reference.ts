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
    .filter(({ name }) => !name.startsWith('outrigger_process_'))
    .map(({ name, type, help }) => `| \`${name}\` | ${String(type)} | ${labelList(labels.get(name))} | ${help} |`)
  return `# Metrics

<!-- Written by \`make docs\` from internal/telemetry/metrics.ts. -->

\`GET /metrics\` on the operator port. Labels come from the routing file and from closed sets, never from a client. Node's own
metrics stand beside these under \`outrigger_process_\`.

| name | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

function labelList(names: unknown): string {
  return Array.isArray(names) ? names.map((name) => `\`${String(name)}\``).join(', ') : ''
}
