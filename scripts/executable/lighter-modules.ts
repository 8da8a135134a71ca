import { readFileSync, writeFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { wrapper } from './load-script.ts'

/** For esbuild: what it puts around modules costs a tenth of the start, and is made lighter. */
export const lighterModules: Plugin = {
  name: 'lighter-modules',
  setup(build) {
    build.onEnd(() => {
      const { outfile } = build.initialOptions
      if (outfile !== undefined) writeFileSync(outfile, oneNamespaceEach(oneShape(readFileSync(outfile, 'utf8'))))
    })
  },
}

/**
 * A module lies in the bundle as `__esm({"path/of/module.ts"() {…}})`, an object of a shape of its own. V8 keeps in a sorted list which shapes
 * an empty object can take on: with 1,500 of them this is slow. One name for all is one shape.
 */
export function oneShape(text: string): string {
  return text.replaceAll(/\b(__esm|__commonJS)\(\{"[^"]+"\(/g, '$1({_(')
}

/** Where a CommonJS module is imported, `__toESM(require_module())` copies its list of names: once for all that import it is enough. */
export function oneNamespaceEach(text: string): string {
  const names = new Set<string>()
  const once = text.replaceAll(/\b__toESM\((require_\w+)\(\)(,1)?\)/g, (made, module: string, asNode: string | undefined) => {
    const name = `namespace_of_${module}${asNode === undefined ? '' : '_as_node'}`
    names.add(name)
    return `(${name}??=${made})`
  })
  return names.size === 0 ? once : once.replace(wrapper.before, `${wrapper.before}var ${[...names].join()};`)
}
