import { type StaticDecode, Type } from 'typebox'
import { closed, Duration, type Whole } from './units.ts'

/** The fields of `timeouts`, which a provider or a model may have of its own too. */
export const timeoutFields = {
  connect: Type.Optional(Duration({ default: '2s', description: 'To a connection.' })),
  first_token: Type.Optional(
    Type.Union([Type.Literal('auto'), Duration({ description: 'A fixed limit.' })], {
      default: 'auto',
      expects: 'auto or a duration such as 10s',
      description:
        'To the first sign of life of a stream. `auto`: 10 s; 120 s where the model reasons before it speaks; more where the window of the target shows that it needs it.',
    }),
  ),
  answer: Type.Optional(
    Type.Union([Type.Literal('auto'), Duration({ description: 'A fixed limit.' })], {
      default: 'auto',
      expects: 'auto or a duration such as 30s',
      description:
        'How long a whole answer is waited for at one target alone: then the next one is asked too, another one when that is silent as long, and the first that is whole wins. `auto`: as `first_token`; longer where the last answers of the target were, up to what `max_tokens` allows. With `total` it never happens.',
    }),
  ),
  idle: Type.Optional(Duration({ default: '20s', description: 'Between two signs of life of a stream.' })),
  total: Type.Optional(
    Duration({
      default: '10m',
      description:
        'For the whole request, all attempts together. A whole answer that others could still give has three quarters of what is left.',
    }),
  ),
}

/** The block `timeouts`. */
export const Timeouts = Type.Object(timeoutFields, { ...closed, default: {}, description: 'How long things may take.' })

export type TimeoutsConfig = Whole<StaticDecode<typeof Timeouts>>
