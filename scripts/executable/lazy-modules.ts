import { createRequire } from 'node:module'
import type { Plugin } from 'esbuild'
import { inCore, lateParts, type PartName, partOf } from './parts.ts'

/** Modules of Node that are not needed to start: loaded when something of theirs is first used. */
const lateBuiltins =
  /^(?:node:)?(?:assert|child_process|cluster|dns|fs\/promises|http2|https|inspector|readline|v8|worker_threads|zlib)$/

/** What packages ask of such a module as soon as they are loaded: the executable's code runs in no thread but the main one. */
const told: Readonly<Record<string, Readonly<Record<string, string>>>> = { worker_threads: { isMainThread: 'true' } }

/** Parts of packages: HTTP/2, loaded with the first connection that speaks it; formats of texts that no schema of ours names. */
const lateModules =
  /[/\\](?:undici[/\\]lib[/\\]dispatcher[/\\]client-h2\.js|typebox[/\\]build[/\\]format[/\\]idna[/\\]index\.mjs)$/

/** Parts of packages that the relay has no use for, but that the packages load at once: pushed metrics, logs written by a thread. */
const unused = [/[/\\]prom-client[/\\]lib[/\\]pushgateway\.js$/, /[/\\]thread-stream[/\\]index\.js$/]

/** Asked for each logger, for the sake of logs that are written by a thread: V8 counts all lines of the piece to answer. */
const whoCalls = /[/\\]pino[/\\]lib[/\\]caller\.js$/

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
    build.onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => ({ contents: late(`node:${path}`, told[path]) }))
    // With `?now` it is the module itself that is wanted: put off again, it would only ever call itself.
    build.onLoad({ filter: lateModules }, ({ path, suffix }) => (suffix === now ? undefined : { contents: late(path) }))
    build.onResolve({ filter: /\?now$/ }, ({ path }) => ({ path: path.slice(0, -now.length), suffix: now, namespace: 'file' }))
    build.onLoad({ filter: whoCalls }, () => ({ contents: 'module.exports = () => []' }))
    for (const filter of unused) build.onLoad({ filter }, () => ({ contents: 'module.exports = undefined' }))
  },
}

// The container's healthcheck runs every few seconds; help for a shell is asked for at each of its starts.
const quickCommands: readonly string[] = ['./healthcheck.ts', './completion.ts']

/** For esbuild: the commands that lie in the core are asked of the loader; which these are is added to `commands`. */
export function commandsInCore(commands: Set<string>): Plugin {
  return {
    name: 'commands-in-core',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, kind }) => {
        if (kind !== 'dynamic-import' || quickCommands.includes(path)) return undefined
        const id = `${inCore}${path}`
        commands.add(id)
        return { path: id, external: true }
      })
    },
  }
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
      build.onLoad({ filter: /.*/, namespace: 'late-part' }, ({ path }) => ({ contents: late(path) }))
    },
  }
}

/**
 * A module whose names are known and whose values are looked up in the real one when they are first asked for. One that is a function
 * or a class is called, or constructs, as the real one does.
 */
function late(module: string, values: Readonly<Record<string, string>> = {}): string {
  const real: unknown = requireHere(module)
  const names = Object.keys(Object(real)).filter((name) => !(name in values))
  const isFile = module.startsWith('/')
  return `let loaded
const now = () => (loaded ??= require(${JSON.stringify(isFile ? `${module}${now}` : module)}))
${typeof real === 'function' ? 'module.exports = function (...args) { return new.target ? new (now())(...args) : now()(...args) }' : ''}
${Object.entries(values)
  .map(([name, value]) => `exports.${name} = ${value}`)
  .join('\n')}
for (const name of ${JSON.stringify(names)}) Object.defineProperty(module.exports, name, { enumerable: true, get: () => now()[name] })`
}
