import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { blocksOf, root } from './blocks.ts'
import { makeTargets, optionsOf, type Shown, shownCommands } from './commands.ts'

const run = promisify(execFile)
const main = join(root, 'cmd/outrigger/main.ts')
const shown = shownCommands(['outrigger', 'make', 'kubectl', 'helm', 'docker', 'node', 'npm'])
const outrigger = shown.filter(({ program, at }) => program === 'outrigger' && !at.startsWith('CHANGELOG'))

let folder = ''
let world: MockRelay

/** What the pages speak of. */
const files: Readonly<Record<string, () => string>> = {
  'routing.yaml': () =>
    `${readme()}\n  cheap: { targets: [openai/gpt-4.1, gemini/gemini-2.5-flash] }\n  M: { targets: [openai/gpt-4.1] }\n`,
  'new.yaml': readme,
  'config.yaml': () =>
    'model_list:\n  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1, api_key: os.environ/OPENAI_API_KEY } }\n',
  'access.jsonl': () => world.relay.log(),
}

function readme(): string {
  return blocksOf('README.md').find(({ text }) => text.startsWith('# routing.yaml'))?.text ?? ''
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outrigger-commands-'))
  world = await startMockRelay('models:\n  smart: { targets: [anthropic/claude-opus-5-5] }\n')
  await world.openai.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'Hi' }] })
  await world.relay.logged(/request finished/)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text())
})
after(async () => {
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('docs: every command of outrigger is one that it has, with options that it takes', async () => {
  const { stdout } = await run(process.execPath, [main, 'completion', 'bash'])
  const options = optionsOf(stdout)
  assert.ok(options.size > 10 && outrigger.length > 30, `${options.size} commands, ${outrigger.length} in the pages`)
  const known = (command: string | undefined): ReadonlySet<string> | undefined => options.get(command ?? '')
  const wrong = outrigger.filter(({ args: [command, ...rest] }) => {
    if (command?.startsWith('-') === true) return !['--version', '--help'].includes(command)
    const words = rest.map((word) => word.replace(/^\[(.*)\]$/, '$1')).filter((word) => /^--?[a-z]/.test(word))
    return known(command) === undefined || words.some((word) => known(command)?.has(word.split('=')[0] ?? '') !== true)
  })
  assert.deepEqual(wrong, [])
})

// They go on until somebody ends them, ask a server, or have all faults on all routes, which takes half a minute.
const elsewhere = new Set(['serve', 'demo', 'mock', 'drill', 'status', 'healthcheck'])
// Without these they are names in a sentence, not commands to type.
const wants: Readonly<Record<string, number>> = { check: 1, explain: 2, import: 2, replay: 1, usage: 1 }
const keys = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GEMINI_API_KEY: 'k' }

function endsByItself({ args: [command = '', ...rest] }: Shown): boolean {
  const typed = rest.length >= (wants[command] ?? 0) && !rest.some((word) => /[[\]|…]|^\/|^--connect$/.test(word))
  return typed && !elsewhere.has(command) && !command.startsWith('-')
}

/** In a folder of its own, since some of them write. */
async function runShown({ args }: Shown): Promise<string> {
  const own = mkdtempSync(join(folder, 'run-'))
  const writes = args[0] === 'init' || args.includes('-o') ? 'routing.yaml' : ''
  for (const name of Object.keys(files).filter((one) => one !== writes)) cpSync(join(folder, name), join(own, name))
  const words = args.map((word) => (word === 'FILE' ? (args[0] === 'check' ? 'routing.yaml' : 'access.jsonl') : word))
  const { stdout, stderr } = await run(process.execPath, [main, ...words], {
    cwd: own,
    env: { ...process.env, ...keys },
    maxBuffer: 16e6,
  })
  return stdout + stderr
}

test('docs: the commands that end by themselves do, in a folder with the files that the pages speak of', async () => {
  const alike = ({ args }: Shown): string => args.filter((word, at) => at < 2 || word.startsWith('-')).join(' ')
  const commands = new Map(outrigger.filter(endsByItself).map((one) => [alike(one), one]))
  assert.ok(commands.size > 8, [...commands.keys()].join())
  await Promise.all(
    [...commands.values()].map(async (one) => {
      const said = await runShown(one).catch((error: unknown) => assert.fail(`${one.at}: ${String(error)}`))
      assert.notEqual(said, '', `${one.at}: ${one.args.join(' ')}`)
    }),
  )
})

test('docs: a drill and the settings of a running relay, as shown', async () => {
  const drill = outrigger.find(({ args }) => args[0] === 'drill' && args.includes('--fault'))
  assert.ok(drill !== undefined)
  // The first of its faults waits long.
  const args = drill.args.toSpliced(drill.args.indexOf('--fault'), 2)
  assert.match(await runShown({ ...drill, args }), /all as they should be/)
  const put = shown.find(({ program, args: words }) => program === 'curl' && words.includes('PUT'))
  assert.ok(put !== undefined)
  const words = put.args.map((word) => word.replace('http://127.0.0.1:7071', world.relay.adminUrl))
  await run('curl', ['--fail', '--silent', ...words])
})

test('docs: every target of make that is named exists', () => {
  const targets = makeTargets()
  const asked = shown.filter(({ program }) => program === 'make')
  assert.ok(asked.length > 20)
  const missing = asked.flatMap(({ at, args }) =>
    args.filter((word) => /^[a-z-]+$/.test(word) && !targets.has(word)).map((word) => `${at}: ${word}`),
  )
  assert.deepEqual(missing, [])
})

test('docs: what kubectl, helm, node and docker are given is there', () => {
  const asked = shown.filter(({ program }) => ['kubectl', 'helm', 'node', 'docker', 'bash'].includes(program))
  const files = asked.flatMap(({ at, args }) =>
    args.filter((word) => /^(deploy|test|internal|scripts|cmd|configs)\//.test(word)).map((word) => ({ at, word })),
  )
  assert.ok(files.length >= 5, JSON.stringify(files))
  const missing = files.filter(({ word }) =>
    word.includes('*') ? globSync(word, { cwd: root }).length === 0 : !existsSync(join(root, word)),
  )
  assert.deepEqual(missing, [])
})

test('docs: the chart takes the values that its commands set', () => {
  const values = readFileSync(join(root, 'deploy/helm/outrigger/values.yaml'), 'utf8')
  const set = shown
    .filter(({ program }) => program === 'helm')
    .flatMap(({ args }) => args.flatMap((word, index) => (/^--set(-file)?$/.test(word) ? [args[index + 1] ?? ''] : [])))
  assert.ok(set.length >= 2)
  for (const assignment of set) {
    const [name = ''] = assignment.split(/[.=]/)
    assert.match(values, new RegExp(`^${name}:`, 'm'), `the chart has ${name}`)
  }
})

// A command of another kind in a block wants a test of its own here.
const tested = new Set(['outrigger', 'make', 'curl', 'helm', 'kubectl', 'printf', '-d'])

test('docs: no shell block has a program that no test knows', () => {
  const inBlocks = shownCommands([])
  assert.deepEqual(
    inBlocks.filter(({ program }) => !tested.has(program)),
    [],
  )
})
