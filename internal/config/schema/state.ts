import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { closed, Duration, SecretText, type WithDefaults, Word } from './units.ts'

/** The block `state`. */
export const State = Type.Object(
  {
    redis: Type.Optional(
      SecretText(
        '`redis://` or `rediss://` URL of the Redis or Valkey server that instances share; several with commas between them for a cluster or sentinels. Default: each instance keeps its own in memory.',
      ),
    ),
    mode: Type.Optional(
      Word(['single', 'cluster', 'sentinel'], { default: 'single', description: 'What the URLs of `redis` lead to.' }),
    ),
    master: Type.Optional(
      Type.String({
        minLength: 1,
        default: 'mymaster',
        expects: 'a text',
        description: 'The name of the master, for `sentinel`.',
      }),
    ),
    prefix: Type.Optional(Type.String({ default: 'outrigger:', expects: 'a text', description: 'Before every key.' })),
    timeout: Type.Optional(
      Duration({ default: '100ms', description: 'How long an answer of the server is waited for, for one request.' }),
    ),
    on_failure: Type.Optional(
      Word(['open', 'closed'], {
        default: 'open',
        description:
          'While the server is slow or gone: `open` counts in each instance alone, and tells what was spent afterwards; `closed` refuses requests of clients with limits.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'Where limits, budgets and the cache are kept.' },
)

type Given = WithDefaults<StaticDecode<typeof State>, 'mode' | 'master' | 'prefix' | 'timeout' | 'on_failure'>
export type StateEntry = Given
export type StateConfig = Omit<Given, 'redis'> & { readonly redis?: Secret }
