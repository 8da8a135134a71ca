import { type StaticDecode, Type } from 'typebox'
import { Amount, Count, closed, Text, TimeOfDay } from './units.ts'

const usd = (description: string) => Amount({ minimum: 0, description })

const rates = {
  input: usd('USD per million tokens read.'),
  output: usd('USD per million tokens written.'),
  cached_input: Type.Optional(usd('USD per million tokens read from a cache. Default: as `input`.')),
  cache_write: Type.Optional(usd('USD per million tokens written to a cache. Default: as `input`.')),
  cache_write_1h: Type.Optional(usd('USD per million tokens written to a cache for an hour. Default: as `cache_write`.')),
}

const DuringPrice = Type.Object(
  { between: TimeOfDay('The hours in which it holds, every day.'), ...rates },
  { ...closed, description: 'Other prices for a part of the day.' },
)

/** What a target costs. */
export const PriceTable = Type.Object(
  {
    ...rates,
    during: Type.Optional(
      Type.Array(DuringPrice, {
        expects: 'a list of prices with `between`',
        description: 'Other prices for parts of the day, such as off-peak hours; the first that fits holds.',
      }),
    ),
  },
  { ...closed, description: 'Prices, over the price file and the catalogue.' },
)

/** The block `prices`. */
export const Prices = Type.Object(
  {
    file: Text(
      'A YAML or JSON file that maps `provider/model` (a `*` stands for any characters) to prices as in `price` of a target, with `context` beside them. Below the folder of the routing file unless it begins with `/`. It is read again when it changes.',
    ),
  },
  {
    ...closed,
    description: 'Prices that change without a change of this file. They stand over the catalogue, below `price` of a target.',
  },
)

const priceKey = '^[^/]+/.+$'

/** The file that `prices.file` names. */
export const PriceFile = Type.Record(
  Type.String({ pattern: priceKey }),
  Type.Object(
    { ...PriceTable.properties, context: Type.Optional(Count({ minimum: 1, description: 'The context window in tokens.' })) },
    closed,
  ),
  { additionalProperties: false, expects: 'a mapping of provider/model to prices' },
)

export type PriceTableEntry = StaticDecode<typeof PriceTable>
export type PricesConfig = StaticDecode<typeof Prices>
