import { type StaticDecode, Type } from 'typebox'
import { Amount, closed, Duration, Size, Text, type WithDefaults, Word } from './units.ts'

const Semantic = Type.Object(
  {
    model: Text('The embedding model that compares requests: a name of `models`, or `provider/model`.'),
    threshold: Type.Optional(
      Amount({
        minimum: 0,
        maximum: 1,
        default: 0.95,
        description:
          'How alike two last messages must be (cosine) to share an answer. What is alike differs from model to model: try it with your own questions.',
      }),
    ),
    timeout: Type.Optional(
      Duration({ default: '1s', description: 'How long an embedding may take; then the request goes on as a new one.' }),
    ),
    max_size: Type.Optional(Size({ default: '32MiB', description: 'What the vectors in memory may take, beside the answers.' })),
  },
  {
    ...closed,
    description:
      'Answers also requests whose last message means the same as that of an earlier one, all else being equal. Requests with tools, media or other numbers in their last message are not compared. Off unless given.',
  },
)

/** The block `cache`. */
export const Cache = Type.Object(
  {
    ttl: Type.Optional(Duration({ default: '10m', description: 'How long an answer is kept.' })),
    max_size: Type.Optional(Size({ default: '64MiB', description: 'What all kept answers may take together.' })),
    scope: Type.Optional(
      Word(['client', 'all'], {
        default: 'client',
        description: 'Whose questions an answer serves: those of the same virtual key, or of `all`.',
      }),
    ),
    semantic: Type.Optional(Semantic),
  },
  { ...closed, description: 'Keeps answers and gives them again to the same request. Off unless given.' },
)

type SemanticConfig = WithDefaults<StaticDecode<typeof Semantic>, 'threshold' | 'timeout' | 'max_size'>
export type CacheConfig = Omit<WithDefaults<StaticDecode<typeof Cache>, 'ttl' | 'max_size' | 'scope'>, 'semantic'> & {
  readonly semantic?: SemanticConfig
}
