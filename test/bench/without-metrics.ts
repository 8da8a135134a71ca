import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundleWhole } from '../../scripts/executable/bundle.ts'

const root = join(import.meta.dirname, '../..')

/** Builds the bundle in which nobody counts what requests and attempts tell, to see what that costs; gives its path. */
export async function bundleWithoutMetrics(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  await bundleWhole({ root, folder }, [nobodyCounts])
  return join(folder, 'outrigger.cjs')
}

const counting = /[\\/]telemetry[\\/]gather-counts\.ts$/

/** Puts something that does nothing in the place of what counts for each request. */
const nobodyCounts: Plugin = {
  name: 'nobody counts',
  setup(build) {
    build.onLoad({ filter: counting }, () => ({
      contents: `const nothing = () => {}
export const gatherCounts = () => ({ attempt: nothing, request: nothing, flush: nothing })
export const labelOf = ({ label, id }) => label ?? id`,
      loader: 'ts',
    }))
  },
}
