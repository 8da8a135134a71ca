import { type StaticDecode, Type } from 'typebox'
import { closed, type Whole, Word } from './units.ts'

/** The block `log`. */
export const Log = Type.Object(
  {
    level: Type.Optional(
      Word(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
        default: 'info',
        description: 'The least level that is logged.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'The log, on standard output.' },
)

export type LogConfig = Whole<StaticDecode<typeof Log>>
