/** One query of a panel, in PromQL with Grafana's variables. */
export type Query = { readonly expr: string; readonly legend?: string }

type Shared = {
  readonly title: string
  /** What it shows and when to worry; on the panel's (i). */
  readonly description?: string
  readonly queries: readonly Query[]
  /** Grafana's name: `s`, `reqps`, `percentunit`, `currencyUSD`, `short`, … */
  readonly unit: string
  /** Of 24 columns. */
  readonly width: number
}

/** Values from which on the colour changes. */
export type Step = { readonly from: number; readonly color: 'green' | 'orange' | 'red' }

export type Panel =
  /** A line for each series; `stack` fills them on top of each other. */
  | (Shared & { readonly kind: 'lines'; readonly stack?: boolean; readonly max?: number })
  /** The present value, large. */
  | (Shared & { readonly kind: 'number'; readonly steps?: readonly Step[] })
  /** A bar for each series' present value. */
  | (Shared & { readonly kind: 'bars'; readonly steps?: readonly Step[]; readonly max?: number })
  /** A coloured band for each series: words for numbers. */
  | (Shared & {
      readonly kind: 'states'
      readonly words: readonly { readonly value: number; readonly text: string; readonly color: Step['color'] }[]
    })

type Json = { readonly [key: string]: unknown }

const source = { type: 'prometheus', uid: '${datasource}' }

/** A panel as Grafana's classic dashboard model has it. */
export function panelJson(panel: Panel, id: number, place: { readonly x: number; readonly y: number; readonly h: number }): Json {
  const { title, description, width, queries } = panel
  const instant = panel.kind === 'number' || panel.kind === 'bars'
  return {
    id,
    type: typeOf(panel),
    title,
    ...(description === undefined ? {} : { description }),
    datasource: source,
    gridPos: { ...place, w: width },
    fieldConfig: { defaults: defaultsOf(panel), overrides: [] },
    options: optionsOf(panel),
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: source,
      expr,
      legendFormat: legend ?? '__auto',
      range: !instant,
      instant,
    })),
  }
}

/** A headline over the panels that follow. */
export function rowJson(title: string, id: number, y: number): Json {
  return { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] }
}

function typeOf({ kind }: Panel): string {
  switch (kind) {
    case 'lines':
      return 'timeseries'
    case 'number':
      return 'stat'
    case 'bars':
      return 'bargauge'
    case 'states':
      return 'state-timeline'
  }
}

function defaultsOf(panel: Panel): Json {
  const { unit } = panel
  switch (panel.kind) {
    case 'lines':
      return {
        unit,
        min: 0,
        ...(panel.max === undefined ? {} : { max: panel.max }),
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: 'line',
          lineWidth: 1,
          fillOpacity: panel.stack === true ? 30 : 5,
          showPoints: 'never',
          spanNulls: false,
          stacking: { mode: panel.stack === true ? 'normal' : 'none', group: 'A' },
        },
      }
    case 'number':
      return { unit, color: { mode: 'thresholds' }, thresholds: thresholds(panel.steps) }
    case 'bars':
      return {
        unit,
        min: 0,
        ...(panel.max === undefined ? {} : { max: panel.max }),
        color: { mode: 'thresholds' },
        thresholds: thresholds(panel.steps),
      }
    case 'states':
      return {
        unit,
        color: { mode: 'thresholds' },
        custom: { fillOpacity: 70, lineWidth: 0 },
        mappings: [
          {
            type: 'value',
            options: Object.fromEntries(
              panel.words.map(({ value, text, color }, index) => [String(value), { text, color, index }]),
            ),
          },
        ],
      }
  }
}

function thresholds(steps: readonly Step[] = []): Json {
  return {
    mode: 'absolute',
    steps: [{ color: 'green', value: null }, ...steps.map(({ from, color }) => ({ color, value: from }))],
  }
}

function optionsOf({ kind }: Panel): Json {
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }
  switch (kind) {
    case 'lines':
      return {
        legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['mean', 'max'] },
        tooltip: { mode: 'multi', sort: 'desc' },
      }
    case 'number':
      return { reduceOptions, colorMode: 'value', graphMode: 'none', justifyMode: 'auto', textMode: 'auto' }
    case 'bars':
      return { reduceOptions, orientation: 'horizontal', displayMode: 'basic', valueMode: 'color', showUnfilled: true }
    case 'states':
      return {
        mergeValues: true,
        showValue: 'never',
        rowHeight: 0.8,
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'single', sort: 'none' },
      }
  }
}
