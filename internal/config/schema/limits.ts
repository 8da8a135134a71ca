import { type StaticDecode, Type } from 'typebox'
import { Count, closed, Duration, Size, type Whole } from './units.ts'

/** The block `limits`. */
export const Limits = Type.Object(
  {
    max_body: Type.Optional(
      Size({ default: '32MiB', description: 'The largest request body; a larger one is refused with 413.' }),
    ),
    max_concurrent: Type.Optional(
      Count({
        minimum: 1,
        default: 2000,
        description:
          'Requests under way at the same time. With `--workers N` each worker has an equal part of it, and of `queue`.',
      }),
    ),
    queue: Type.Optional(
      Count({
        minimum: 0,
        default: 1000,
        description:
          'Requests that may wait for a place, their clients in turn; when more come, the lowest priority and the client with most of them get a 503.',
      }),
    ),
    queue_timeout: Type.Optional(Duration({ default: '5s', description: 'How long they may wait.' })),
    max_lag: Type.Optional(
      Duration({
        default: '500ms',
        description:
          'How late the event loop may be, over half a second: beyond it requests of low priority get a 503 with the reason `overloaded`, at 20 times as much normal ones too; those of high priority never do.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'What protects the relay.' },
)

export type LimitsConfig = Whole<StaticDecode<typeof Limits>>
