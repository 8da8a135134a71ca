import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'outrigger-convert-'))
after(() => rmSync(folder, { recursive: true }))

function run(
  args: readonly string[],
  env: Record<string, string> = {},
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cmd/outrigger/main.ts', ...args], { encoding: 'utf8', env })
  return { status, out: stdout, err: stderr }
}

test('init: every provider’s starter passes check; a file that is there is not written over', () => {
  const keys = {
    OPENAI_API_KEY: 'a',
    ANTHROPIC_API_KEY: 'b',
    GEMINI_API_KEY: 'c',
    OPENROUTER_API_KEY: 'd',
    GROQ_API_KEY: 'e',
    CO_API_KEY: 'f',
    XAI_API_KEY: 'g',
  }
  const file = join(folder, 'routing.yaml')
  assert.equal(run(['init', '-o', file], keys).status, 0)
  assert.deepEqual(run(['check', '--strict', file], keys).err, '')
  const again = run(['init', '-o', file], keys)
  assert.equal(again.status, 1)
  assert.match(again.err, /--force/)
  const none = run(['init', '-o', join(folder, 'none.yaml')])
  assert.equal(none.status, 1)
  assert.match(none.err, /OPENAI_API_KEY[\s\S]*outrigger demo/)
})

test('import litellm: the file passes check, what was left out is told with its place', () => {
  const from = join(folder, 'config.yaml')
  writeFileSync(
    from,
    `model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY } }
  - { model_name: "anthropic/*", litellm_params: { model: "anthropic/*" } }
router_settings: { redis_host: os.environ/REDIS_HOST, redis_port: os.environ/REDIS_PORT, timeout: 30 }
litellm_settings: { callbacks: [x] }
`,
  )
  const to = join(folder, 'imported.yaml')
  const imported = run(['import', 'litellm', from, '-o', to])
  assert.equal(imported.status, 0, imported.err)
  assert.equal(imported.err, `${from}:5:21: callbacks is not carried over: metrics, traces and the access log are built in\n`)
  const env = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', REDIS_HOST: 'h', REDIS_PORT: '6379' }
  assert.equal(run(['check', '--strict', to], env).status, 0)
  assert.match(readFileSync(to, 'utf8'), /redis:\/\/\$\{REDIS_HOST\}:\$\{REDIS_PORT\}/)
  assert.equal(run(['import', 'litellm', join(folder, 'missing.yaml')]).status, 1)
})
