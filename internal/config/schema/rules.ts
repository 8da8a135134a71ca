import { type StaticDecode, Type } from 'typebox'
import { MaxPrice } from './models.ts'
import { closed, Text, Word } from './units.ts'

const When = Type.Object(
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

/** An entry of `rules`. */
const RuleBlock = Type.Object(
  {
    when: When,
    use: Type.Optional(Text('The model to use instead: a name of `models`, or `provider/model`.')),
    strategy: Type.Optional(Text('The strategy to use instead.')),
    max_price: Type.Optional(MaxPrice),
    only: names('Only these providers.'),
    ignore: names('None of these providers.'),
  },
  { ...closed, description: 'Changes the plan of some requests.' },
)

export const Rules = Type.Array(RuleBlock, {
  default: [],
  expects: 'a list of rules',
  description: 'The first rule that fits wins.',
})

export type Rule = StaticDecode<typeof RuleBlock>
