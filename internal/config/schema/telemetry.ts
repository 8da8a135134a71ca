import { type StaticDecode, Type } from 'typebox'
import { closed, type WithDefaults } from './units.ts'

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

export type TelemetryConfig = WithDefaults<StaticDecode<typeof Telemetry>, 'capture_content'>
