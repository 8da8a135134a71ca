// Node has them as accessors: V8 asks for them anew at each use, in some requests thirty times, where a constant costs nothing.
const names = ['Buffer', 'performance', 'process'] as const

const nameOf = (name: string): string => `global_${name}`

/** For esbuild's `define`: these of Node's globals are asked for under names of our own. */
export const quickGlobals: Readonly<Record<string, string>> = Object.fromEntries(names.map((name) => [name, nameOf(name)]))

/** What stands in front of a bundle that uses them; behind it esbuild's own `"use strict"` would say nothing. */
export const globalsTaken = `"use strict";const ${names.map((name) => `${nameOf(name)}=globalThis.${name}`).join()};`
