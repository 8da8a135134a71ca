/**
 * What the executable runs first. It loads the command line, and the other pieces (the core, packages) when they are first wanted, each
 * with the compiled code that the build kept of it.
 */
import { debuglog } from 'node:util'
import { builtin } from './builtins.ts'
import { loadScript } from './load-script.ts'
import { inCore, partOf } from './parts.ts'
import { readPiece } from './read-piece.ts'

const debug = debuglog('outrigger')
const loaded = new Map<string, Readonly<Record<string, unknown>>>()

function load(name: string): Readonly<Record<string, unknown>> {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const text = readPiece(`${name}.cjs`).toString('latin1')
  const { script, exports } = loadScript({ name, text, cache: readPiece(`${name}.cache`) }, requireOf)
  if (process.env['NODE_DEBUG'] !== undefined)
    debug('%s: compiled code %s', name, script.cachedDataRejected === true ? 'refused' : 'taken')
  loaded.set(name, exports)
  return exports
}

function requireOf(id: string): unknown {
  if (id.startsWith(inCore)) return load('core')[id]
  const part = partOf(id)
  if (part !== undefined) return load(part)[id]
  const module = builtin(id)
  if (module === undefined) throw Object.assign(new Error(`Cannot find module '${id}'`), { code: 'MODULE_NOT_FOUND' })
  return module
}

load('main')
