import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'

/** What stands around the text of a piece. The build puts it there: a text that is put together at each start lies in memory twice. */
export const wrapper = { before: '(function(exports,require,module){', after: '\n})' } as const

/** A piece of the program as it lies in the executable: its text, in ASCII and wrapped, and what V8 kept of having compiled it. */
export type Piece = { readonly name: string; readonly text: string; readonly cache: Buffer | undefined }

type Loaded = { readonly script: Script; readonly exports: Readonly<Record<string, unknown>> }

/**
 * V8 takes what was compiled only on the flags on which it was. While it serves, the relay has changed these (`cmd/outrigger/idle-memory.ts`), and does so again
 * every second; this is what they are in the beginning.
 */
export function useUsualFlags(): void {
  setFlagsFromString('--retain-maps-for-n-gc=2')
  setFlagsFromString('--heap-growing-percent=0')
}

/** Runs a CommonJS piece with this `require`. The build makes the cache in the same way, or V8 would not take it. */
export function loadScript({ name, text, cache }: Piece, requireOf: (id: string) => unknown): Loaded {
  useUsualFlags()
  const script = new Script(text, {
    filename: `${name}.cjs`,
    ...(cache === undefined ? {} : { cachedData: cache }),
  })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, requireOf, module)
  return { script, exports: module.exports }
}
