import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundleWhole } from '../../scripts/executable/bundle.ts'

const root = join(import.meta.dirname, '../..')
const turns = join(import.meta.dirname, 'programs/telemetry-turns.ts')

/** Builds the bundle whose telemetry goes on and off by itself; gives its path. Throws when the places are not where they are looked for. */
export async function bundleTakingTurns(folder: string): Promise<string> {
  let isChanged = false
  await bundleWhole({ root, folder }, [takingTurns(() => (isChanged = true))])
  if (!isChanged) throw new Error(`nothing in the bundle is ${wiring}`)
  return join(folder, 'outrigger.cjs')
}

/** Where the parts of telemetry are put into the relay, and with a switch before them. */
const wiring = /[\\/]cmd[\\/]outrigger[\\/]client-port\.ts$/
const switched = [
  ['recordMetrics(metrics),', "countEnded, whileOn('metrics', recordMetrics(metrics)),"],
  ['logAccess(log),', "whileOn('log', logAccess(log)),"],
  ['tracer: tracing.tracer,', "tracer: () => (isOn('traces') ? tracing.tracer() : undefined),"],
] as const

function takingTurns(onChanged: () => void): Plugin {
  return {
    name: 'telemetry takes turns',
    setup(build) {
      build.onLoad({ filter: wiring }, ({ path }) => {
        let contents = readFileSync(path, 'utf8')
        for (const [from, to] of switched) {
          if (contents.split(from).length !== 2) throw new Error(`${path} has not once: ${from}`)
          contents = contents.replace(from, () => to)
        }
        onChanged()
        return { contents: `import { countEnded, isOn, whileOn } from ${JSON.stringify(turns)}\n${contents}`, loader: 'ts' }
      })
    },
  }
}
