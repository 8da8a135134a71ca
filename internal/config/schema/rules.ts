import { type StaticDecode, Type } from 'typebox'
import { needWords } from '#canonical/needs.ts'
import { MaxPrice } from './models.ts'
import { Count, closed, Duration, Text, TimeOfDay, Word } from './units.ts'

/** What a rule or a guardrail applies to. */
export const When = Type.Object(
  {
    tier: Type.Optional(Text('The `x-outrigger-tier` header, or the tier of the client.')),
    priority: Type.Optional(Word(['low', 'normal', 'high'], { description: 'The `x-outrigger-priority` header.' })),
    model: Type.Optional(Text('The model asked for; `*` stands for any characters.')),
    client: Type.Optional(Text('The name of the virtual key.')),
    tag: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        expects: 'a mapping of tags to values',
        description: 'Tags of `x-outrigger-tags` and their values.',
      }),
    ),
    input_tokens: Type.Optional(
      Type.Object(
        {
          min: Type.Optional(Count({ minimum: 0, description: 'At least so many.' })),
          max: Type.Optional(Count({ minimum: 0, description: 'At most so many.' })),
        },
        { ...closed, description: 'The length of the prompt, as estimated.' },
      ),
    ),
    needs: Type.Optional(
      Type.Array(Word([...needWords], { description: 'An ability.' }), {
        minItems: 1,
        expects: `a list of ${needWords.join(', ')}`,
        description: 'Abilities that the request needs, all of them.',
      }),
    ),
    between: Type.Optional(TimeOfDay('The hours of the day.')),
    header: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        expects: 'a mapping of headers to values',
        description: 'Headers and their values.',
      }),
    ),
  },
  { ...closed, description: 'All that is named must hold.' },
)

const names = (description: string) =>
  Type.Optional(Type.Array(Text('A name of `providers`.'), { minItems: 1, expects: 'a list of providers', description }))

const RuleTimeouts = Type.Object(
  {
    first_token: Type.Optional(Duration({ description: 'To the first sign of life of a stream.' })),
    answer: Type.Optional(Duration({ description: 'How long a whole answer is waited for at one target alone.' })),
    idle: Type.Optional(Duration({ description: 'Between two signs of life of a stream.' })),
    total: Type.Optional(Duration({ description: 'For the whole request, all attempts together.' })),
  },
  { ...closed, description: 'Over those of the model; what is left out stays.' },
)

const RuleRetry = Type.Object(
  { attempts: Type.Optional(Count({ minimum: 1, maximum: 20, description: 'Requests to providers in total.' })) },
  { ...closed, description: 'Over that of the model; what is left out stays.' },
)

/** An entry of `rules`. */
const RuleBlock = Type.Object(
  {
    when: When,
    use: Type.Optional(Text('The model to use instead: a name of `models`, or `provider/model`.')),
    strategy: Type.Optional(Text('The strategy to use instead.')),
    max_price: Type.Optional(MaxPrice),
    only: names('Only these providers.'),
    ignore: names('None of these providers.'),
    lower_max_tokens: Type.Optional(
      Type.Boolean({
        expects: 'true or false',
        description:
          'Where `x-outrigger-max-cost` allows fewer tokens of answer than the request, it is asked for so few. Default: it is asked for as it is, and a stream ends when the limit is reached.',
      }),
    ),
    timeouts: Type.Optional(RuleTimeouts),
    retry: Type.Optional(RuleRetry),
    cache: Type.Optional(
      Type.Boolean({ expects: 'true or false', description: 'Whether answers are taken from the cache and kept in it.' }),
    ),
  },
  { ...closed, description: 'Changes the plan of some requests.' },
)

export const Rules = Type.Array(RuleBlock, {
  default: [],
  expects: 'a list of rules',
  description: 'The first rule that fits wins.',
})

export type Rule = StaticDecode<typeof RuleBlock>
export type WhenConfig = StaticDecode<typeof When>
