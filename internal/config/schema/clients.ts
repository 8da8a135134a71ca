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

/** What a client may do, whoever says who it is. */
export const terms = {
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
  budget: Type.Optional(
    Type.Union([Budget, Type.Array(Budget, { minItems: 1 })], {
      expects: 'a budget, or a list of them',
      description: 'What it may spend, in an hour, a day, a week or a month; a list holds it to each of several.',
    }),
  ),
}

const Moment = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?Z)?$',
    expects: 'a date such as 2027-01-31 or 2027-01-31T12:00Z',
    description: `${description} (UTC).`,
  })

const key = () =>
  SecretText(
    'The virtual key: what the client gives as its API key. Plain, or as `sha256:` and the hex digest of it (`outrigger key new` prints both).',
  )

const KeyUntil = Type.Object(
  { key: key(), until: Moment('When this key ceases to work; the others go on') },
  { ...closed, description: 'A key that is on its way out.' },
)

/** An entry of `clients`. */
export const Client = Type.Object(
  {
    name: Text('The name in logs, metrics and rules.'),
    key: Type.Optional(key()),
    keys: Type.Optional(
      Type.Array(Type.Union([key(), KeyUntil], { expects: 'a key, or a mapping of `key` and `until`' }), {
        minItems: 1,
        expects: 'a list of keys',
        description:
          'Several keys of the same client, so that a new one can be handed out before the old one goes: `{ key: …, until: 2027-01-31 }` ends by itself.',
      }),
    ),
    expires: Type.Optional(Moment('When its keys cease to work')),
    ...terms,
  },
  { ...closed, description: 'A virtual key.' },
)

export const Clients = Type.Array(Client, {
  default: [],
  expects: 'a list of clients',
  description: 'Virtual keys. Off unless given: then every request needs one of them, or a token of `jwt`.',
})

/** The field `clients_file`. */
export const ClientsFile = Text(
  'A file with more clients, for many keys: `.jsonl` with one client as JSON a line, else YAML or JSON with a list of them. Below the folder of the routing file unless it begins with `/`. It is read again when it changes; with a mistake in it the last good one stays.',
)

export type ClientEntry = StaticDecode<typeof Client>
export type BudgetConfig = StaticDecode<typeof Budget>

/** A virtual key of a client. */
export type ClientKey = {
  readonly secret: Secret
  /** When it ceases to work, as a date; left out: with the client. */
  readonly until?: string
}

/** What a client may do; `budget` as a list. */
export type TermsConfig = Pick<ClientEntry, 'tier' | 'tags' | 'models' | 'max_concurrent' | 'rpm' | 'tpm'> & {
  /** Left out: no limit. */
  readonly budgets?: readonly BudgetConfig[]
}

export type ClientConfig = TermsConfig & {
  readonly name: string
  readonly keys: readonly ClientKey[]
  readonly expires?: string
  /** What it is counted as in metrics, where clients are without number; left out: its name. */
  readonly group?: string
}
