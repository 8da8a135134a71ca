import type { Plugin } from 'esbuild'

/** Modules of Node that the core names at once and needs later, when the port is open, or never. */
const later = /^(?:node:)?(?:crypto|dns|fs\/promises|readline|v8|zlib)$/
const prefix = 'later:'

/**
 * For esbuild: these modules are asked of the loader as ones to come. Unlike those of `lazyModules` they are imported in many places, each
 * of which would copy its list of names.
 */
export const laterBuiltins: Plugin = {
  name: 'later-builtins',
  setup(build) {
    build.onResolve({ filter: later }, ({ path }) => ({ path: `${prefix}${path.replace(/^node:/, '')}`, external: true }))
  },
}

/** A module of Node, or what looks it up when something of it is asked for; undefined when there is none of this name. */
export function builtin(id: string): unknown {
  return id.startsWith(prefix) ? toCome(id.slice(prefix.length)) : process.getBuiltinModule(id)
}

function toCome(id: string): object {
  let module: object | undefined
  const now = (): object => (module ??= Object(process.getBuiltinModule(id)))
  return new Proxy({}, { get: (_, name) => Reflect.get(now(), name), has: (_, name) => Reflect.has(now(), name) })
}
