import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundleWhole } from '../../scripts/executable/bundle.ts'

const root = join(import.meta.dirname, '../..')

/**
 * Builds the bundle in which nobody counts what requests and attempts tell, to see what that costs; gives its path. Throws when what counts is
 * not where it is looked for.
 */
export async function bundleWithoutMetrics(folder: string): Promise<string> {
  let replaced = 0
  await bundleWhole({ root, folder }, [nobodyCounts(() => replaced++)])
  if (replaced === 0) throw new Error(`nothing in the bundle is ${counting}`)
  return join(folder, 'outrigger.cjs')
}

const counting = /[\\/]telemetry[\\/]gather-counts\.ts$/

/** Puts something that does nothing in the place of what counts for each request. */
function nobodyCounts(onReplaced: () => void): Plugin {
  return {
    name: 'nobody counts',
    setup(build) {
      build.onLoad({ filter: counting }, () => {
        onReplaced()
        return { contents: idle, loader: 'ts' }
      })
    },
  }
}

const idle = `const nothing = () => {}
export const gatherCounts = () => ({ attempt: nothing, request: nothing, flush: nothing })
export const labelOf = ({ label, id }) => label ?? id`
