import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'

const asked = 'node_process.env.LOG_TOKENS'

/**
 * For esbuild: YAML's parser asks the environment at every token whether to print it, which takes a fifth of the time of a large routing
 * file. Nobody wants tokens printed by a relay.
 */
export const quietYaml: Plugin = {
  name: 'quiet-yaml',
  setup(build) {
    build.onLoad({ filter: /[/\\]yaml[/\\]dist[/\\]parse[/\\]parser\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes(asked)) throw new Error(`${path} does not ask for LOG_TOKENS any more: quiet-yaml.ts can go`)
      return { contents: text.replace(asked, 'false') }
    })
  },
}
