/** The part of Grafana's classic dashboard model (schemaVersion 42) that our files use, as JSON Schema. */
const text = { type: 'string', minLength: 1 }
const source = {
  type: 'object',
  properties: { type: { const: 'prometheus' }, uid: { const: '$'.concat('{datasource}') } },
  required: ['type', 'uid'],
  additionalProperties: false,
}
const gridPos = {
  type: 'object',
  properties: {
    x: { type: 'integer', minimum: 0, maximum: 23 },
    y: { type: 'integer', minimum: 0 },
    w: { type: 'integer', minimum: 1, maximum: 24 },
    h: { type: 'integer', minimum: 1 },
  },
  required: ['x', 'y', 'w', 'h'],
  additionalProperties: false,
}
const row = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    type: { const: 'row' },
    title: text,
    collapsed: { const: false },
    gridPos,
    panels: { type: 'array', maxItems: 0 },
  },
  required: ['id', 'type', 'title', 'collapsed', 'gridPos', 'panels'],
  additionalProperties: false,
}
const panel = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    type: { enum: ['timeseries', 'stat', 'bargauge', 'state-timeline'] },
    title: text,
    description: text,
    datasource: source,
    gridPos,
    fieldConfig: {
      type: 'object',
      properties: {
        defaults: {
          type: 'object',
          properties: {
            unit: { enum: ['short', 's', 'reqps', 'percentunit', 'currencyUSD', 'bytes'] },
            thresholds: {
              type: 'object',
              properties: {
                mode: { enum: ['absolute', 'percentage'] },
                steps: {
                  type: 'array',
                  minItems: 1,
                  items: {
                    type: 'object',
                    properties: { color: text, value: { type: ['number', 'null'] } },
                    required: ['color', 'value'],
                  },
                },
              },
              required: ['mode', 'steps'],
            },
          },
          required: ['unit', 'color'],
        },
        overrides: { type: 'array' },
      },
      required: ['defaults', 'overrides'],
    },
    options: { type: 'object' },
    targets: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          refId: { type: 'string', pattern: '^[A-Z]$' },
          datasource: source,
          expr: text,
          legendFormat: text,
          range: { type: 'boolean' },
          instant: { type: 'boolean' },
        },
        required: ['refId', 'datasource', 'expr', 'legendFormat', 'range', 'instant'],
        additionalProperties: false,
      },
    },
  },
  required: ['id', 'type', 'title', 'datasource', 'gridPos', 'fieldConfig', 'options', 'targets'],
  additionalProperties: false,
}
const variable = {
  type: 'object',
  properties: { name: text, label: text, type: { enum: ['datasource', 'query'] }, query: {}, current: { type: 'object' } },
  required: ['name', 'label', 'type', 'query', 'current'],
}

export const dashboardSchema = {
  type: 'object',
  properties: {
    uid: { type: 'string', pattern: '^[a-z-]{1,40}$' },
    title: text,
    description: text,
    schemaVersion: { const: 42 },
    tags: { type: 'array', items: text },
    time: { type: 'object', required: ['from', 'to'] },
    templating: { type: 'object', properties: { list: { type: 'array', items: variable } }, required: ['list'] },
    annotations: { type: 'object', properties: { list: { type: 'array' } }, required: ['list'] },
    panels: {
      type: 'array',
      minItems: 1,
      items: { anyOf: [row, panel] },
    },
  },
  required: [
    'uid',
    'title',
    'schemaVersion',
    'tags',
    'time',
    'timezone',
    'templating',
    'annotations',
    'panels',
    'editable',
    'version',
  ],
} as const
