import { type Panel, panelJson, rowJson } from './panel.ts'

export type Section = {
  readonly title: string
  /** Of one row of panels, in lines of Grafana's grid. */
  readonly height: number
  readonly panels: readonly Panel[]
}

/** A choice at the top of the page; `query` lists what there is to choose. */
export type Variable = { readonly name: string; readonly label: string; readonly query: string }

export type Dashboard = {
  /** Stays the same for ever: links and later imports find the page by it. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly from: string
  readonly variables: readonly Variable[]
  readonly sections: readonly Section[]
}

// Of Grafana 12; earlier ones read it too, later ones bring it up to their own when it is imported.
const schemaVersion = 42
const columns = 24

/** The file as Grafana imports it. */
export function dashboardJson({ uid, title, description, from, variables, sections }: Dashboard): string {
  const json = {
    uid,
    title,
    description,
    tags: ['outrigger'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    schemaVersion,
    version: 1,
    refresh: '30s',
    time: { from, to: 'now' },
    annotations: { list: [reloads] },
    links: [
      { type: 'dashboards', title: 'Outrigger', tags: ['outrigger'], asDropdown: false, includeVars: true, keepTime: true },
    ],
    templating: { list: [datasource, ...[...relays, ...variables].map(variableJson)] },
    panels: panelsOf(sections),
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

const datasource = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 }

const relays: readonly Variable[] = [
  { name: 'job', label: 'Job', query: 'label_values(outrigger_build_info, job)' },
  { name: 'instance', label: 'Instance', query: 'label_values(outrigger_build_info{job=~"$job"}, instance)' },
]

/** A mark on every graph when the routing file changed. */
const reloads = {
  name: 'Reloads',
  datasource: { type: 'prometheus', uid: '${datasource}' },
  enable: true,
  hide: false,
  iconColor: 'blue',
  expr: 'sum by (result) (increase(outrigger_config_reloads_total{job=~"$job", instance=~"$instance"}[1m])) > 0',
  titleFormat: 'Reload {{result}}',
  step: '1m',
}

function variableJson({ name, label, query }: Variable) {
  return {
    name,
    label,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
  }
}

function panelsOf(sections: readonly Section[]): readonly object[] {
  let id = 0
  let y = 0
  return sections.flatMap(({ title, height, panels }) => {
    const placed: object[] = [rowJson(title, ++id, y++)]
    let x = 0
    for (const panel of panels) {
      if (x + panel.width > columns) {
        x = 0
        y += height
      }
      placed.push(panelJson(panel, ++id, { x, y, h: height }))
      x += panel.width
    }
    y += height
    return placed
  })
}
