import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const flat = 'flat:typebox'

const entries: Readonly<Record<string, string>> = {
  typebox: `export { Type } from '${flat}'`,
  'typebox/value': `export { Value, DecodeUnsafe } from '${flat}'`,
  'typebox/system': `export { Settings } from '${flat}'`,
}

/**
 * For esbuild: typebox as one module, with what is used of it. The package is 680 modules, and as commands are loaded when they are asked for,
 * esbuild would keep each of them whole, as a function of its own that the start calls.
 */
export function flatTypebox(root: string): Plugin {
  return {
    name: 'flat-typebox',
    setup(outer) {
      outer.onResolve({ filter: /^(?:flat:typebox|typebox(?:\/value|\/system)?)$/ }, ({ path }) => ({ path, namespace: 'flat' }))
      outer.onLoad({ filter: /.*/, namespace: 'flat' }, async ({ path }) => ({
        contents: entries[path] ?? (await flatten(root)),
      }))
    },
  }
}

async function flatten(root: string): Promise<string> {
  const texts = globSync('{cmd,internal}/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const { outputFiles } = await build({
    stdin: {
      contents: `import * as T from 'typebox'
import * as V from 'typebox/value'
export const Type = { ${membersOf('Type', texts).map((name) => `${name}: T.${name}`)} }
export const Value = { ${membersOf('Value', texts).map((name) => `${name}: V.${name}`)} }
export const { DecodeUnsafe } = V
export { Settings } from 'typebox/system'`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    logLevel: 'warning',
  })
  return outputFiles[0]?.text ?? ''
}

/** What our code names of an object of the package. */
function membersOf(object: string, texts: readonly string[]): readonly string[] {
  const named = texts.flatMap((text) => [...text.matchAll(new RegExp(`\\b${object}\\.([A-Z]\\w*)`, 'g'))])
  return [...new Set(named.map(([, name = '']) => name))].sort()
}
