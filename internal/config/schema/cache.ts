import { type StaticDecode, Type } from 'typebox'
import { Amount, closed, Duration, Size, Text, type WithDefaults } from './units.ts'

const Semantic = Type.Object(
  {
    model: Text('The embedding model that compares requests: a name of `models`, or `provider/model`.'),
    threshold: Type.Optional(
      Amount({
        minimum: 0,
        maximum: 1,
        default: 0.95,
        description: 'How alike two requests must be (cosine) to share an answer.',
      }),
    ),
  },
  { ...closed, description: 'Answers requests that mean the same from the cache, too. Off unless given.' },
)

/** The block `cache`. */
export const Cache = Type.Object(
  {
    ttl: Type.Optional(Duration({ default: '10m', description: 'How long an answer is kept.' })),
    max_size: Type.Optional(Size({ default: '64MiB', description: 'What all kept answers may take together.' })),
    semantic: Type.Optional(Semantic),
  },
  { ...closed, description: 'Keeps answers and gives them again to the same request. Off unless given.' },
)

type SemanticConfig = WithDefaults<StaticDecode<typeof Semantic>, 'threshold'>
export type CacheConfig = Omit<WithDefaults<StaticDecode<typeof Cache>, 'ttl' | 'max_size'>, 'semantic'> & {
  readonly semantic?: SemanticConfig
}
