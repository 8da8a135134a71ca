import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { exitCodes } from './exit.ts'
import { serve } from './serve.ts'
import { complain, print } from './terminal.ts'

export type DemoOptions = {
  readonly listen?: string
  readonly admin?: string
  readonly logLevel?: string
  readonly logFormat: 'json' | 'pretty'
  readonly drainTimeout: string
}

/** The first provider fails now and then, so that failover is to be seen. */
const faults = {
  seed: 7,
  latency: { first_token: '60ms', chunk: '15ms' },
  faults: [
    { kind: 'error', status: 503, rate: 0.25, when: { provider: 'anthropic' } },
    { kind: 'error_event', first: true, rate: 0.2, when: { provider: 'anthropic', stream: true } },
  ],
}

/** `outrigger demo`: the relay in front of three mock providers, without keys. */
export async function demo(options: DemoOptions): Promise<number> {
  const plan = readFaultPlan(faults)
  if (!plan.ok) {
    for (const problem of plan.error) complain(problem)
    return exitCodes.failed
  }
  const mocks = await startMocks(dialects, plan.value)
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-demo-'))
  const config = join(folder, 'routing.yaml')
  writeFileSync(config, routingFile(new Map(mocks.providers.map(({ name, url }) => [name, url]))))
  try {
    return await serve({ ...options, config, onListening: ({ listen, admin }) => welcome(listen, admin, config) })
  } finally {
    await mocks.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function routingFile(urls: ReadonlyMap<string, string>): string {
  return `version: 1
providers:
  anthropic: { api_key: mock, base_url: "${urls.get('anthropic')}" }
  openai: { api_key: mock, base_url: "${urls.get('openai')}/v1" }
  gemini: { api_key: mock, base_url: "${urls.get('gemini')}" }
models:
  smart:
    strategy: fallback
    targets: [anthropic/claude-opus-5-5, openai/gpt-5.6, gemini/gemini-3.7-flash]
  claude: { targets: [anthropic/claude-opus-5-5, openai/gpt-5.6] }
  gpt: { targets: [openai/gpt-5.6, gemini/gemini-3.7-flash] }
  gemini: { targets: [gemini/gemini-3.7-flash, openai/gpt-5.6] }
`
}

function welcome(listen: string, admin: string, config: string): void {
  const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })
  print(`
${bold('Outrigger')} runs on three mock providers, no keys needed. The first one fails now and then: the answer comes all the same.

  ${bold('Status page')}  ${admin}/
  ${bold('Try')}          curl -si ${listen}/v1/chat/completions -H 'content-type: application/json' -d '{"model":"smart","messages":[{"role":"user","content":"Hello"}]}'

  Again and again: x-outrigger-target and x-outrigger-attempts tell who answered; the log below tells of each failover.
  Streamed with "stream":true. Any SDK: base URL ${listen}/v1 (OpenAI) or ${listen} (Anthropic, Gemini), any key.
  Routing file: ${config} (edit it: it is taken up at once). Ctrl-C ends it.
`)
}
