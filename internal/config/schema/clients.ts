import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { Amount, Count, closed, SecretText, Text, Word } from './units.ts'

const Budget = Type.Object(
  {
    usd: Amount({ minimum: 0, description: 'What requests may cost together, in USD.' }),
    per: Word(['hour', 'day', 'week', 'month'], { description: 'The time after which it begins anew (UTC).' }),
  },
  { ...closed, description: 'What the client may spend.' },
)

/** An entry of `clients`. */
export const Client = Type.Object(
  {
    name: Text('The name in logs and in rules.'),
    key: SecretText('The virtual key: what the client gives as its API key.'),
    tier: Type.Optional(Text('Its tier, whatever the request says.')),
    models: Type.Optional(
      Type.Array(Text('A name of `models`, or `provider/model`.'), {
        minItems: 1,
        expects: 'a list of models',
        description: 'The models it may ask for; `*` stands for any characters. Default: all.',
      }),
    ),
    rpm: Type.Optional(Count({ minimum: 1, description: 'Requests a minute.' })),
    tpm: Type.Optional(Count({ minimum: 1, description: 'Tokens a minute.' })),
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
export type ClientConfig = Omit<ClientEntry, 'key'> & { readonly key: Secret }
