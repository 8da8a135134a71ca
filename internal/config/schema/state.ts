import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { closed, SecretText } from './units.ts'

/** The block `state`. */
export const State = Type.Object(
  {
    redis: Type.Optional(
      SecretText('`redis://` or `rediss://` URL of the server that instances share. Default: each keeps its own in memory.'),
    ),
  },
  { ...closed, default: {}, description: 'Where limits, budgets, breakers and the cache are kept.' },
)

export type StateEntry = StaticDecode<typeof State>
export type StateConfig = { readonly redis?: Secret }
