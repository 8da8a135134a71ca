import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { Amount, Count, closed, Ratio, SecretText, Text, Word } from './units.ts'

const Budget = Type.Object(
  {
    usd: Amount({ minimum: 0, description: 'What requests may cost together, in USD.' }),
    per: Word(['hour', 'day', 'week', 'month'], { description: 'The time after which it begins anew (UTC).' }),
    alert_at: Type.Optional(
      Ratio({ default: '80%', description: 'The share of it from which on the alert `budget_nearly_spent` fires.' }),
    ),
  },
  { ...closed, description: 'What the client may spend.' },
)

const key = () =>
  SecretText(
    'The virtual key: what the client gives as its API key. Plain, or as `sha256:` and the hex digest of it (`outrigger key new` prints both).',
  )

/** An entry of `clients`. */
export const Client = Type.Object(
  {
    name: Text('The name in logs, metrics and rules.'),
    key: Type.Optional(key()),
    keys: Type.Optional(
      Type.Array(key(), {
        minItems: 1,
        expects: 'a list of keys',
        description: 'Several keys of the same client, so that a new one can be handed out before the old one goes.',
      }),
    ),
    expires: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?Z)?$',
        expects: 'a date such as 2027-01-31 or 2027-01-31T12:00Z',
        description: 'When its keys cease to work (UTC).',
      }),
    ),
    tier: Type.Optional(Text('Its tier, whatever the request says.')),
    tags: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        expects: 'a mapping of tags to values',
        description: 'Tags of all its requests, over those that they name themselves.',
      }),
    ),
    models: Type.Optional(
      Type.Array(Text('A name of `models`, or `provider/model`.'), {
        minItems: 1,
        expects: 'a list of models',
        description: 'The models it may ask for; `*` stands for any characters. Default: all.',
      }),
    ),
    max_concurrent: Type.Optional(Count({ minimum: 1, description: 'Requests under way at the same time.' })),
    rpm: Type.Optional(Count({ minimum: 1, description: 'Requests a minute.' })),
    tpm: Type.Optional(Count({ minimum: 1, description: 'Tokens a minute: estimated first, put right with what was used.' })),
    budget: Type.Optional(Budget),
  },
  { ...closed, description: 'A virtual key.' },
)

export const Clients = Type.Array(Client, {
  default: [],
  expects: 'a list of clients',
  description: 'Virtual keys. Off unless given: then every request needs one of them.',
})

export type ClientEntry = StaticDecode<typeof Client>
export type ClientConfig = Omit<ClientEntry, 'key' | 'keys'> & { readonly keys: readonly Secret[] }
