import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const main = join(import.meta.dirname, 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'outrigger-help-'))
after(() => rmSync(folder, { recursive: true }))

type Ran = { readonly status: number | null; readonly out: string; readonly err: string }

function run(...args: readonly string[]): Ran {
  const env = { ...process.env, HOME: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env, cwd: folder })
  return { status, out: stdout, err: stderr }
}

/** The names below `Commands:` of a help. */
function commandsOf(help: string): readonly string[] {
  const [, list = ''] = help.split('Commands:\n', 2)
  const names = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name)
  return names.filter((name) => name !== 'help')
}

function helpOf(path: readonly string[]): string {
  const { status, out } = run(...path, '--help')
  assert.equal(status, 0)
  return out
}

test('help: exit codes at the top; every command says what its arguments are and shows an example', () => {
  const top = helpOf([])
  assert.match(top, /Exit codes: 0 .*\n69 .*78 /)
  const names = commandsOf(top)
  assert.ok(names.includes('serve') && names.includes('completion'), names.join(' '))
  for (const path of [...names.map((name) => [name]), ['import', 'litellm'], ['key', 'new']]) {
    const help = helpOf(path)
    assert.match(help, new RegExp(`\\$ .*outrigger ${path[0]}`), path.join(' '))
    for (const line of help.match(/^ {2}(?:-\w, )?--[\w-]+(?: <\w+>)?$/gm) ?? [])
      assert.fail(`${path.join(' ')}: ${line} is not described`)
  }
})

test('a command line that is not understood ends with 2 and the nearest word', () => {
  assert.deepEqual(run('serv').status, 2)
  assert.match(run('serv').err, /serve/)
  assert.equal(run('explain').status, 2)
  assert.equal(run('explain', '--model', 'm', '--priority', 'urgent').status, 2)
})

test('a routing file that is not there is told with what to do', () => {
  const { status, err } = run('serve')
  assert.equal(status, 78)
  assert.match(err, /routing\.yaml.*outrigger (init|demo)/s)
})

test('check: problems as JSON', () => {
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, 'version: 1\nproviders: { openai: { api_key: k } }\nmodels: { m: { tragets: [openai/x] } }\n')
  const { status, out } = run('check', '--json', file)
  assert.equal(status, 1)
  const told: unknown = JSON.parse(out)
  assert.match(JSON.stringify(told), /"ok":false,"errors":\[\{.*"line":3,.*did you mean targets/)
})

test('mock: a fault plan that cannot be read is told by name', () => {
  const { status, err } = run('mock', '--listen', '127.0.0.1:0', '--faults', join(folder, 'none.yaml'))
  assert.equal(status, 1)
  assert.match(err, /none\.yaml: it cannot be read/)
})

test('a taken port is told with the way out', async () => {
  const taken = createServer()
  const { promise, resolve } = Promise.withResolvers<number>()
  taken.listen(0, '127.0.0.1', () => {
    const address = taken.address()
    resolve(typeof address === 'object' && address !== null ? address.port : 0)
  })
  const port = await promise
  const relay = spawn(process.execPath, [main, 'demo', '--listen', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0'])
  let err = ''
  relay.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = Promise.withResolvers<number | null>()
  relay.on('exit', ended.resolve)
  assert.equal(await ended.promise, 69)
  assert.match(err, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: something else listens there.*--listen`))
  taken.close()
})
