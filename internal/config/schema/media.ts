import { type StaticDecode, Type } from 'typebox'
import { closed, Duration, Size, type Whole, Word } from './units.ts'

/** The block `media`. */
export const Media = Type.Object(
  {
    urls: Type.Optional(
      Word(['refuse', 'fetch'], {
        default: 'refuse',
        description:
          'Images, documents and audio by URL, for a target that takes none: `refuse` passes it over, `fetch` downloads them and sends the bytes.',
      }),
    ),
    max_size: Type.Optional(Size({ default: '20MiB', description: 'The largest download of one URL.' })),
    timeout: Type.Optional(Duration({ default: '10s', description: 'How long a download may take.' })),
    max_urls: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 20,
        expects: 'a whole number of at least 1',
        description: 'Downloads for one request.',
      }),
    ),
    allow: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        expects: 'a list of hosts',
        description: 'Hosts that are reached although they lie in a private network; every other such address is refused.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'What happens to media that a client names by URL.' },
)

export type MediaConfig = Whole<StaticDecode<typeof Media>>
