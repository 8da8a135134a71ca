import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { closed, Duration, SecretText, Text, type WithDefaults, Word } from './units.ts'

const Tls = Type.Object(
  {
    ca: Type.Optional(
      Text(
        'A PEM file with the authorities that the server\u2019s certificate is checked against. Default: those that Node knows.',
      ),
    ),
    cert: Type.Optional(Text('A PEM file with a certificate of the relay\u2019s own, where the server wants one.')),
    key: Type.Optional(Text('A PEM file with the key of `cert`.')),
    server_name: Type.Optional(Text('The name that the certificate must have. Default: the host of the URL.')),
  },
  {
    ...closed,
    description:
      'For `rediss://` URLs. The files are read at the start; paths are below the folder of the routing file unless they begin with `/`.',
  },
)

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
    tls: Type.Optional(Tls),
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
