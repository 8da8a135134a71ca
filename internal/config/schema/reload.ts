import { type StaticDecode, Type } from 'typebox'
import { closed, Duration } from './units.ts'

/** The block `reload`. */
export const Reload = Type.Object(
  {
    guard: Type.Optional(
      Duration({
        description:
          'After a reload, the error rate and the time to the first token are watched for so long; if they get clearly worse, the last good file is taken again. With `--workers` the first worker is watched before the others take the file. Off unless given.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'What happens when the file changes.' },
)

export type ReloadConfig = StaticDecode<typeof Reload>
