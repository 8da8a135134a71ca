import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok } from '#lib/result.ts'
import { freePorts } from '../../support/relay-process.ts'
import { listening } from '../bench.ts'
import { installing } from './installing.ts'
import type { RelayKind } from './relay.ts'

const version = '1.15.2'

const manifest = {
  private: true,
  dependencies: { '@portkey-ai/gateway': version },
  // The versions that its own manifest names. With the newest that fit the range, every stream ends in "TypeError: immutable" and a 500.
  overrides: { '@hono/node-server': '1.3.3', hono: '4.9.7' },
}

/** The Portkey gateway from npm, run by the same Node. */
export const portkey: RelayKind = {
  name: 'portkey',
  start: (bench, upstream) =>
    installing('portkey', async () => {
      const script = install(bench.settings.cache)
      const [port = 0] = await freePorts(1)
      const running = bench.run({ core: '0', command: process.execPath, args: [script, `--port=${port}`, '--headless'] })
      const startMs = await listening(running, port, 30_000)
      return ok({
        name: 'portkey',
        pid: running.pid,
        startMs,
        // It has no routing file: each request says where it goes. It does not offer Anthropic's dialect for OpenAI's models.
        ask: ({ model, dialect }) =>
          dialect === 'anthropic'
            ? undefined
            : {
                url: `http://127.0.0.1:${port}/v1/chat/completions`,
                headers: {
                  authorization: 'Bearer k',
                  'x-portkey-provider': 'openai',
                  'x-portkey-custom-host': `${upstream.origin}${upstream.paths[model]}`,
                },
              },
      })
    }),
}

function install(cache: string): string {
  const folder = join(cache, `portkey-${version}`)
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (existsSync(script)) return script
  console.error(`installing the Portkey gateway ${version} into ${folder}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: 'pipe', timeout: 300_000 })
  return script
}
