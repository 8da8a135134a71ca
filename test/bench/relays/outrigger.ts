import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok } from '#lib/result.ts'
import { freePorts } from '../../support/relay-process.ts'
import { type Bench, listening, type Running } from '../bench.ts'
import type { Relay, RelayKind, Upstream } from './relay.ts'

const root = join(import.meta.dirname, '../../..')

/** How it is run: the built bundle, the sources, the executable with Node inside. */
const forms = {
  bundle: [process.execPath, join(root, 'dist/outrigger.cjs')],
  source: [process.execPath, join(root, 'cmd/outrigger/main.ts')],
  executable: [join(root, 'dist/outrigger')],
} as const

export type Form = keyof typeof forms

/** The command that runs it so; another bundle than the one that is built by its path. */
function commandOf(form: Form | { readonly bundle: string }): readonly [string, ...string[]] {
  return typeof form === 'string' ? forms[form] : [process.execPath, form.bundle]
}

/** Outrigger with all that it has on by default. */
export function outriggerOf(name: string, form: Form): RelayKind {
  return {
    name,
    async start(bench, upstream) {
      const { running, port } = await runOutrigger(bench, { form, routing: routingOf(upstream), ca: upstream.ca })
      const startMs = await listening(running, port)
      return ok({ name, pid: running.pid, startMs, ask: askOf(port) })
    },
  }
}

export const outrigger = outriggerOf('outrigger', 'bundle')

type Start = {
  readonly form: Form | { readonly bundle: string }
  /** The text of the routing file. */
  readonly routing: string
  /** A certificate to be trusted. */
  readonly ca?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  /** Hears the lines of its log. */
  readonly onLine?: (line: string) => void
}

/** Starts it, and waits for nothing. */
export async function runOutrigger(
  bench: Bench,
  { form, routing, ca, env, onLine }: Start,
): Promise<{ readonly running: Running; readonly port: number; readonly admin: number; readonly file: string }> {
  const [port = 0, admin = 0] = await freePorts(2)
  const file = join(bench.folder, `routing-${port}.yaml`)
  writeFileSync(file, routing)
  const [command, ...before] = commandOf(form)
  const running = bench.run({
    core: '0',
    command,
    args: [...before, 'serve', '-c', file, '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${admin}`],
    env: { ...env, ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }) },
    ...(onLine === undefined ? {} : { onLine }),
  })
  return { running, port, admin, file }
}

/** A routing file with one provider for each of the upstream's models. */
export function routingOf({ origin, paths }: Upstream, more = ''): string {
  const providers = Object.entries(paths).map(
    ([model, path]) => `  ${model}: { type: openai-compatible, api_key: k, base_url: "${origin}${path}" }\n`,
  )
  const models = Object.keys(paths).map((model) => `  ${model}: { targets: [${model}/bench] }\n`)
  return `version: 1\nproviders:\n${providers.join('')}models:\n${models.join('')}health: { probe: off }\n${more}`
}

/** Where Outrigger is asked on this port. */
export function askOf(port: number): Relay['ask'] {
  return ({ dialect }) => ({
    url: `http://127.0.0.1:${port}${dialect === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'}`,
    headers: {},
  })
}
