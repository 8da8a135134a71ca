import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok } from '#lib/result.ts'
import { freePorts } from '../../support/relay-process.ts'
import { listening } from '../bench.ts'
import { installing } from './installing.ts'
import type { RelayKind, Upstream } from './relay.ts'

const version = '1.108.7'
const key = 'sk-a-long-key-for-the-benchmark-only'

/** The LiteLLM proxy from PyPI: one worker, no database, its one key asked for, as it insists. */
export const litellm: RelayKind = {
  name: 'litellm',
  start: (bench, upstream) =>
    installing('litellm', async () => {
      const command = install(bench.settings.cache)
      const [port = 0] = await freePorts(1)
      const config = join(bench.folder, 'litellm.yaml')
      writeFileSync(config, configOf(upstream))
      const flags = ['--host', '127.0.0.1', '--port', String(port), '--num_workers', '1', '--telemetry', 'False']
      const running = bench.run({
        core: '0',
        command,
        args: ['--config', config, ...flags],
        env: { LITELLM_MASTER_KEY: key, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' },
      })
      // It imports for a long time, and looks for its list of prices in the network first.
      const startMs = await listening(running, port, 240_000)
      return ok({ name: 'litellm', pid: running.pid, startMs, ask: askOf(port) })
    }),
}

function askOf(port: number) {
  return ({ dialect }: { readonly dialect: 'openai-chat' | 'anthropic' }) => ({
    url: `http://127.0.0.1:${port}${dialect === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'}`,
    headers: { authorization: `Bearer ${key}` },
  })
}

function configOf({ origin, paths }: Upstream): string {
  const models = Object.entries(paths).map(
    ([model, path]) =>
      `  - { model_name: ${model}, litellm_params: { model: openai/bench, api_key: k, api_base: "${origin}${path}" } }\n`,
  )
  // Questions in Anthropic's dialect go to the upstream's chat completions, as those of the other relays do.
  return `model_list:\n${models.join('')}litellm_settings: { use_chat_completions_url_for_anthropic_messages: true }\n`
}

function install(cache: string): string {
  const folder = join(cache, `litellm-${version}`)
  const command = join(folder, 'bin/litellm')
  if (existsSync(command)) return command
  console.error(`installing the LiteLLM proxy ${version} into ${folder}: some minutes, 750 MiB`)
  mkdirSync(cache, { recursive: true })
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe', timeout: 60_000 })
  const flags = ['install', '--quiet', '--disable-pip-version-check']
  execFileSync(join(folder, 'bin/pip'), [...flags, `litellm[proxy]==${version}`], { stdio: 'pipe', timeout: 900_000 })
  return command
}
