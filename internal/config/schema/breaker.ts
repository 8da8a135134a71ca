import { type StaticDecode, Type } from 'typebox'
import { Count, closed, Duration, Ratio, type Whole, Word } from './units.ts'

/** The block `breaker`. */
export const Breaker = Type.Object(
  {
    consecutive_errors: Type.Optional(
      Count({ minimum: 1, default: 3, description: 'Errors in a row that open the breaker. Mistakes of clients do not count.' }),
    ),
    error_rate: Type.Optional(Ratio({ default: '50%', description: 'Share of errors in the window that opens it.' })),
    min_requests: Type.Optional(
      Count({ minimum: 1, default: 20, description: 'Requests in the window before its error rate counts.' }),
    ),
    open_for: Type.Optional(
      Duration({ default: '30s', description: 'How long it stays open the first time; doubled each time a trial fails.' }),
    ),
    max_open_for: Type.Optional(Duration({ default: '5m', description: 'The longest it stays open. Not below `open_for`.' })),
    max_ejected: Type.Optional(
      Ratio({
        default: '100%',
        description:
          'At most this share of the targets that could take a request is kept out at once, rounded down; the least bad of the others are asked all the same. For models whose targets share the load: the few that are left would fall over next. When all are out, the least bad is asked whatever stands here.',
      }),
    ),
    return: Type.Optional(
      Word(['gradual', 'at_once'], { default: 'gradual', description: 'How traffic returns after a successful trial.' }),
    ),
  },
  { ...closed, default: {}, description: 'Takes a target that keeps failing out of the rotation.' },
)

export type BreakerConfig = Whole<StaticDecode<typeof Breaker>>
