import { type StaticDecode, Type } from 'typebox'
import { closed, Ratio, type WithDefaults } from './units.ts'

/** The block `telemetry`. */
export const Telemetry = Type.Object(
  {
    otlp: Type.Optional(
      Type.String({
        pattern: '^https?://',
        expects: 'a URL',
        description: 'Where traces are sent (OTLP over HTTP). Off unless given.',
      }),
    ),
    sample: Type.Optional(
      Ratio({
        default: '100%',
        description: 'The share of requests that is traced, of those whose client did not decide it with `traceparent`.',
      }),
    ),
    capture_content: Type.Optional(
      Type.Boolean({
        expects: 'true or false',
        default: false,
        description: 'Whether traces hold prompts and answers. They may hold what must not leave the house.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'Traces. Metrics are always on the admin port.' },
)

export type TelemetryConfig = WithDefaults<StaticDecode<typeof Telemetry>, 'sample' | 'capture_content'>
