import { readFileSync } from 'node:fs'
import { asArray, asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'

export const dashboardNames = ['overview', 'provider', 'cost'] as const

export type DashboardQuery = { readonly dashboard: string; readonly panel: string; readonly expr: string }

/** A dashboard as it is committed. */
export function readDashboard(name: string): JsonObject {
  const parsed = parseJson(readFileSync(`deploy/grafana/${name}.json`, 'utf8'))
  if (!parsed.ok) throw new Error(`${name}.json: ${parsed.error}`)
  return asObject(parsed.value)
}

/** Every query of its panels and annotations. */
export function queriesOf(name: string): readonly DashboardQuery[] {
  const dashboard = readDashboard(name)
  const panels = asArray(dashboard['panels']).map(asObject)
  const ofPanels = panels.flatMap((panel) =>
    asArray(panel['targets']).map((target) => ({
      dashboard: name,
      panel: asString(panel['title']) ?? '',
      expr: asString(asObject(target)['expr']) ?? '',
    })),
  )
  const ofAnnotations = asArray(asObject(dashboard['annotations'])['list'])
    .map(asObject)
    .map((annotation) => ({
      dashboard: name,
      panel: `annotation ${asString(annotation['name'])}`,
      expr: asString(annotation['expr']) ?? '',
    }))
  return [...ofPanels, ...ofAnnotations]
}

/** The query as Prometheus gets it when everything is chosen; `range` stands for what the page shows and for one step of it. */
export function withVariables(expr: string, range: string): string {
  return expr
    .replaceAll('$__rate_interval', range)
    .replaceAll('$__range', range)
    .replaceAll(/\$(job|instance|provider)\b/g, '.*')
}
