import { type StaticDecode, Type } from 'typebox'
import { closed, Duration, Ratio, type Whole } from './units.ts'

/** The block `hedge`. */
export const Hedge = Type.Object(
  {
    after: Type.Optional(
      Type.Union(
        [
          Type.Literal('p50'),
          Type.Literal('p90'),
          Type.Literal('p95'),
          Type.Literal('p99'),
          Duration({ description: 'A fixed wait.' }),
        ],
        {
          default: 'p95',
          expects: 'p50, p90, p95, p99 or a duration such as 2s',
          description:
            'How long the first target may be silent: a quantile of its own last times to the first token (of a whole answer: to the answer), once there are 20 of them; or a fixed wait.',
        },
      ),
    ),
    at_most: Type.Optional(
      Ratio({
        default: '5%',
        description: 'Second requests as a share of all requests of the last five minutes: what it may cost.',
      }),
    ),
  },
  {
    ...closed,
    description: 'Asks a second target as well when the first is slow; the first to answer wins. Off unless given.',
  },
)

export type HedgeConfig = Whole<StaticDecode<typeof Hedge>>
