import { createRequire } from 'node:module'
import type { Plugin } from 'esbuild'
import { type PartName, partOf } from './parts.ts'

/** Modules of Node that are not needed to start: loaded when something of theirs is first used. */
const lateBuiltins =
  /^(?:node:)?(?:child_process|cluster|dns|fs\/promises|http2|https|inspector|readline|v8|worker_threads|zlib)$/

/** Parts of packages that the relay has no use for, but that the packages load at once. */
const unused = [/[/\\]prom-client[/\\]lib[/\\]pushgateway\.js$/]

/**
 * Modules of undici that are one function or one class: HTTP/2, loaded with the first connection that speaks it, and the pool of
 * connections, loaded after the port is open.
 */
const lateModules = /[/\\]undici[/\\]lib[/\\]dispatcher[/\\](?:client-h2|pool)\.js$/

/** Behind the path of a module that is otherwise loaded late. */
const now = '?now'

const requireHere = createRequire(import.meta.url)

/** For esbuild: what the core loads late, or never. */
export const lazyModules: Plugin = {
  name: 'lazy-modules',
  setup(build) {
    build.onResolve({ filter: lateBuiltins }, ({ path, namespace }) =>
      namespace === 'late-builtin' ? { path, external: true } : { path: path.replace(/^node:/, ''), namespace: 'late-builtin' },
    )
    build.onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => ({ contents: lateBuiltin(path) }))
    // With `?now` it is the module itself that is wanted: put off again, it would only ever call itself.
    build.onLoad({ filter: lateModules }, ({ path, suffix }) => (suffix === now ? undefined : { contents: lateModule(path) }))
    build.onResolve({ filter: /\?now$/ }, ({ path }) => ({ path: path.replace(/\?now$/, ''), suffix: now, namespace: 'file' }))
    for (const filter of unused) build.onLoad({ filter }, () => ({ contents: 'module.exports = undefined' }))
  },
}

/** For esbuild: what lies in another piece is asked of the loader; which imports these were is added to `wanted`. */
export function outside(wanted: Map<PartName, Set<string>>): Plugin {
  return {
    name: 'outside',
    setup(build) {
      build.onResolve({ filter: /^[^./#]/ }, ({ path }) => {
        const part = partOf(path)
        if (part === undefined) return undefined
        wanted.set(part, (wanted.get(part) ?? new Set()).add(path))
        return { path, external: true }
      })
    },
  }
}

/** A module whose names are known and whose values are looked up in the real one when they are first asked for. */
function lateBuiltin(name: string): string {
  const names = Object.keys(Object(requireHere(`node:${name}`)))
  return `let loaded
const now = () => (loaded ??= require('node:${name}'))
for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true, get: () => now()[name] })`
}

/** A function that is called, or constructs, as the module's own does. */
function lateModule(path: string): string {
  return `let loaded
module.exports = function (...args) {
  loaded ??= require(${JSON.stringify(`${path}${now}`)})
  return new.target ? new loaded(...args) : loaded(...args)
}`
}
