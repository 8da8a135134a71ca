import { type StaticDecode, Type } from 'typebox'
import { needWords } from '#canonical/needs.ts'
import { PriceTable } from './prices.ts'
import { retryFields } from './retry.ts'
import { streamFields } from './stream.ts'
import { timeoutFields } from './timeouts.ts'
import { Amount, Count, closed, Ratio, Text, type Whole, Word } from './units.ts'

const usd = (description: string) => Amount({ minimum: 0, description })

/** Of a model or a rule: targets above it are left out. */
export const MaxPrice = Type.Object(
  {
    input: Type.Optional(usd('USD per million tokens read.')),
    output: Type.Optional(usd('USD per million tokens written.')),
  },
  { ...closed, description: 'Targets above it are left out.' },
)

/** What a target's name looks like: `provider/model`. */
export const targetPattern = '^[^/]+/.+$'

const Target = Type.Union(
  [
    Type.String({ pattern: targetPattern }),
    Type.Object(
      {
        target: Type.String({ pattern: targetPattern, expects: 'provider/model', description: '`provider/model`.' }),
        weight: Type.Optional(
          Amount({ minimum: 0, default: 1, description: 'Its share under `weighted`; at 0 it only stands by.' }),
        ),
        price: Type.Optional(PriceTable),
        lacks: Type.Optional(
          Type.Array(Word([...needWords], { description: 'An ability.' }), {
            expects: `a list of ${needWords.join(', ')}`,
            description:
              'What it cannot do: requests that need it pass it over. For servers whose models nobody else knows. Default: nothing that is known of.',
          }),
        ),
        context: Type.Optional(Count({ minimum: 1, description: 'Its context window in tokens, over the catalogue.' })),
      },
      closed,
    ),
  ],
  { expects: 'provider/model, or a mapping with `target`', description: 'A model at a provider.' },
)

const Mirror = Type.Object(
  {
    target: Type.String({
      pattern: targetPattern,
      expects: 'provider/model',
      description: '`provider/model` that gets the copies.',
    }),
    share: Type.Optional(Ratio({ default: '100%', description: 'The share of requests that is copied.' })),
    max_concurrent: Type.Optional(
      Count({ minimum: 1, default: 10, description: 'Copies under way at the same time; further ones are not made.' }),
    ),
  },
  {
    ...closed,
    description:
      'Copies requests to another target and throws its answers away: how long they take, what they cost and how they end is told in metrics and in the log. The caller neither waits nor fails for it. Off unless given.',
  },
)

/** An entry of `models`. */
export const Model = Type.Object(
  {
    strategy: Type.Optional(Text('How targets are ordered. Default `fallback`: as they stand.')),
    targets: Type.Array(Target, { minItems: 1, expects: 'a list of targets', description: 'The targets, in order.' }),
    max_price: Type.Optional(MaxPrice),
    affinity: Type.Optional(
      Word(['prefix'], {
        description:
          '`prefix`: requests whose prompts begin alike go to the target that has read that beginning a short time ago, as long as it is healthy and the cached tokens save more than another target would cost less. Off unless given.',
      }),
    ),
    sticky: Type.Optional(
      Text(
        'Under `weighted`, requests with the same value go to the same target: `user` (the end user that the request names), `client` (the virtual key) or the name of a header. Off unless given.',
      ),
    ),
    mirror: Type.Optional(Mirror),
    unsupported: Type.Optional(
      Word(['drop', 'error'], {
        description:
          'What a target cannot take: `drop` leaves it out and names it, `error` passes the target over. Default: hints such as `seed` are dropped, what changes the meaning of the answer (a schema, media, `n`) is an error.',
      }),
    ),
    cache: Type.Optional(
      Type.Boolean({
        default: true,
        expects: 'true or false',
        description: 'Whether its answers are kept, where `cache` is given.',
      }),
    ),
    retry: Type.Optional(
      Type.Object(retryFields, { ...closed, inherits: 'retry', description: 'As `retry` at the top, for this model.' }),
    ),
    timeouts: Type.Optional(
      Type.Object(timeoutFields, { ...closed, inherits: 'timeouts', description: 'As `timeouts` at the top, for this model.' }),
    ),
    stream: Type.Optional(
      Type.Object(streamFields, { ...closed, inherits: 'stream', description: 'As `stream` at the top, for this model.' }),
    ),
  },
  { ...closed, expects: 'a mapping with `targets`', description: 'A name that clients may ask for.' },
)

export const Models = Type.Record(Type.String(), Model, {
  expects: 'a mapping of names to models',
  description:
    'The names that clients may ask for. A `*` in a name stands for any characters, which go into the `*` of its targets.',
})

export type ModelEntry = StaticDecode<typeof Model>
export type MirrorEntry = Whole<StaticDecode<typeof Mirror>>
export type TargetEntry = ModelEntry['targets'][number]
export type MaxPriceConfig = StaticDecode<typeof MaxPrice>
