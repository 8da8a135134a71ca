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
    return: Type.Optional(
      Word(['gradual', 'at_once'], { default: 'gradual', description: 'How traffic returns after a successful trial.' }),
    ),
  },
  { ...closed, default: {}, description: 'Takes a target that keeps failing out of the rotation.' },
)

export type BreakerConfig = Whole<StaticDecode<typeof Breaker>>
