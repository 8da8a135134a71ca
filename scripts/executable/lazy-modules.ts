import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { lateParts, type PartName, partOf } from './parts.ts'

/** Modules of Node that are not needed to start: loaded when something of theirs is first used. */
const lateBuiltins =
  /^(?:node:)?(?:assert|child_process|cluster|dns|fs\/promises|http2|https|inspector|readline|v8|worker_threads|zlib)$/

/** What packages ask of such a module as soon as they are loaded: the executable's code runs in no thread but the main one. */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = { worker_threads: { isMainThread: 'true' } }

/** A package's entry that is not needed to start: the large file of clients is checked by compiled code, the routing file is not. */
const latePackages = /^typebox\/compile$/

/** Parts of packages that the relay has no use for, but that the packages load at once: pushed metrics, logs written by a thread. */
const unused = [/[/\\]prom-client[/\\]lib[/\\]pushgateway\.js$/, /[/\\]thread-stream[/\\]index\.js$/]

/** One function of undici: HTTP/2, loaded with the first connection that speaks it. */
const lateModules = /[/\\]undici[/\\]lib[/\\]dispatcher[/\\]client-h2\.js$/

/** Behind the path of a module that is otherwise loaded late. */
const now = '?now'

const requireHere = createRequire(import.meta.url)

/** For esbuild: what a piece loads late, or never. */
export const lazyModules: Plugin = {
  name: 'lazy-modules',
  setup(build) {
    build.onResolve({ filter: lateBuiltins }, ({ path, namespace }) =>
      namespace === 'late-builtin' ? { path, external: true } : { path: path.replace(/^node:/, ''), namespace: 'late-builtin' },
    )
    build.onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => ({
      contents: lateObject(`node:${path}`, requireHere(`node:${path}`), known[path]),
    }))
    build.onResolve({ filter: latePackages }, ({ path }) => ({ path, namespace: 'late-package' }))
    build.onLoad({ filter: /.*/, namespace: 'late-package' }, async ({ path }) => ({
      contents: lateObject(`${path}${now}`, await import(path)),
      resolveDir: import.meta.dirname,
    }))
    // With `?now` it is the module itself that is wanted: put off again, it would only ever call itself.
    build.onLoad({ filter: lateModules }, ({ path, suffix }) =>
      suffix === now ? undefined : { contents: lateFunction(`${path}${now}`) },
    )
    build.onResolve({ filter: /\?now$/ }, ({ path }) => {
      const wanted = path.slice(0, -now.length)
      if (wanted.startsWith('/')) return { path: wanted, suffix: now, namespace: 'file' }
      return { path: fileURLToPath(import.meta.resolve(wanted)), suffix: now, namespace: 'file' }
    })
    for (const filter of unused) build.onLoad({ filter }, () => ({ contents: 'module.exports = undefined' }))
  },
}

/** For esbuild: what lies in another piece is asked of the loader; which imports these were is added to `wanted`. */
export function outside(wanted: Map<PartName, Set<string>>): Plugin {
  return {
    name: 'outside',
    setup(build) {
      build.onResolve({ filter: /^[^./#]/ }, ({ path, namespace }) => {
        const part = partOf(path)
        if (part === undefined) return undefined
        if (lateParts.has(part) && namespace !== 'late-part') return { path, namespace: 'late-part' }
        wanted.set(part, (wanted.get(part) ?? new Set()).add(path))
        return { path, external: true }
      })
      build.onLoad({ filter: /.*/, namespace: 'late-part' }, ({ path }) => ({ contents: lateFunction(path) }))
    },
  }
}

/** A module whose names are known and whose values are looked up in the real one when they are first asked for. */
function lateObject(module: string, real: unknown, values: Readonly<Record<string, string>> = {}): string {
  const names = Object.keys(Object(real)).filter((name) => !(name in values))
  // Some are functions, too: node:assert.
  const begin = typeof real === 'function' ? 'module.exports = (...args) => now()(...args)' : ''
  const fixed = Object.entries(values).map(([name, value]) => `exports.${name} = ${value}`)
  return `let loaded
const now = () => (loaded ??= require(${JSON.stringify(module)}))
${[begin, ...fixed].join('\n')}
for (const name of ${JSON.stringify(names)}) Object.defineProperty(module.exports, name, { enumerable: true, get: () => now()[name] })`
}

/** A function that is called, or constructs, as the module's own does; the module is loaded then. */
function lateFunction(module: string): string {
  return `let loaded
module.exports = function (...args) {
  loaded ??= require(${JSON.stringify(module)})
  return new.target ? new loaded(...args) : loaded(...args)
}`
}
