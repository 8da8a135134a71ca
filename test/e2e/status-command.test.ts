import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { asArray, asObject, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')
/** Whether script(1) can open a terminal here: it may be installed where no pseudo-terminal is to be had. */
const hasTerminal = spawnSync('script', ['-qfec', 'test -t 1', '/dev/null'], { stdio: 'pipe' }).status === 0
let world: MockRelay

before(async () => {
  world = await startMockRelay('models:\n  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }\n')
  world.setFaults([{ kind: 'error', status: 529, when: { provider: 'anthropic' } }])
  for (let count = 0; count < 4; count++)
    await world.openai.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'Hello' }] })
})
after(() => world?.close())

type Ran = { readonly child: ChildProcess; readonly output: () => string; readonly ended: Promise<number | null> }

function run(args: readonly string[], { terminal = false, env = {} }: { terminal?: boolean; env?: NodeJS.ProcessEnv } = {}): Ran {
  const command = [process.execPath, main, 'status', '--admin', world.relay.adminUrl, ...args]
  const [program = '', ...rest] = terminal ? ['script', '-qfec', `exec ${command.join(' ')}`, '/dev/null'] : command
  const clean = {
    ...process.env,
    TERM: 'xterm-256color',
    // Node's colour depth depends on these too; continuous integration sets them.
    CI: undefined,
    GITHUB_ACTIONS: undefined,
    TEAMCITY_VERSION: undefined,
    TMUX: undefined,
    SHELL: '/bin/sh',
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    NODE_DISABLE_COLORS: undefined,
  }
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...clean, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return { child, output: () => output, ended: once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null)) }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 15_000 && !holds(); waited += 20) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('status command: a pipe gets a table without colours', async () => {
  const { output, ended } = run([])
  assert.equal(await ended, 0)
  assert.match(
    output(),
    /^✗ anthropic is down\. Clients are served by other targets\.\n {2}anthropic is down since \d\d:\d\d:\d\d/,
  )
  assert.match(output(), /^✗ down {2}anthropic\/claude-opus-5-5 +100\.0 %/m)
  assert.match(output(), /^✓ ok {4}openai\/gpt-4\.1/m)
  assert.ok(!output().includes('\u001b'))
})

test('status command: JSON for programs', async () => {
  const { output, ended } = run(['--json'])
  assert.equal(await ended, 0)
  const parsed = parseJson(output())
  assert.ok(parsed.ok)
  assert.equal(asArray(asObject(parsed.value)['targets']).length, 2)
})

test('status command: no relay is an error with its reason', async () => {
  const { output, ended } = run(['--admin', '127.0.0.1:1'])
  assert.equal(await ended, 1)
  assert.match(output(), /no relay answers at http:\/\/127\.0\.0\.1:1/)
})

test('status command: a terminal gets colours, unless NO_COLOR', {
  skip: hasTerminal ? false : 'no script(1) or no pseudo-terminal',
}, async () => {
  const coloured = run([], { terminal: true })
  assert.equal(await coloured.ended, 0)
  assert.ok(coloured.output().includes('\u001b[31m'))
  const plain = run([], { terminal: true, env: { NO_COLOR: '1' } })
  assert.equal(await plain.ended, 0)
  assert.match(plain.output(), /✗ anthropic is down/)
  assert.ok(!plain.output().includes('\u001b['))
})

test('status command: --watch --json writes a line each time and ends on SIGINT', async () => {
  const { child, output, ended } = run(['--watch', '--json'])
  await until(() => output().split('\n').length > 2)
  child.kill('SIGINT')
  assert.equal(await ended, 0)
  for (const line of output().trim().split('\n')) assert.ok(parseJson(line).ok)
})

test('status command: --watch draws again and leaves the terminal as it was', {
  skip: hasTerminal ? false : 'no script(1) or no pseudo-terminal',
}, async () => {
  const { child, output, ended } = run(['--watch'], { terminal: true })
  await until(() => output().split('\u001b[H').length > 2)
  // Ctrl-C.
  child.stdin?.write('\u0003')
  assert.equal(await ended, 0)
  assert.ok(output().includes('\u001b[?1049h'))
  assert.ok(output().trimEnd().endsWith('\u001b[?25h\u001b[?1049l'))
})
