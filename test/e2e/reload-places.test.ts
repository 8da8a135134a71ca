import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outrigger-places-'))
const relays: RelayProcess[] = []
after(async () => {
  await Promise.all(relays.map((relay) => relay.stop()))
  rmSync(folder, { recursive: true })
})

const yaml = (model: string): string => `version: 1
providers: { p: { type: openai-compatible, base_url: "http://127.0.0.1:9", api_key: k, health: { probe: off } } }
models: { ${model}: { targets: [p/a] } }
`
// Long enough to be written in two halves, of which the first is no routing file that could be taken.
const padded = (model: string): string => `${yaml(model)}# ${'x'.repeat(8000)}\n`

type Place = {
  readonly name: string
  /** Prepares the file with this text; gives the path that the relay reads. */
  readonly prepare: (text: string) => string
  /** What happens to it. */
  readonly change: (path: string, text: string) => void | Promise<void>
}

const file = (name: string): ((text: string) => string) => {
  return (text) => {
    mkdirSync(join(folder, name))
    const path = join(folder, name, 'routing.yaml')
    writeFileSync(path, text)
    return path
  }
}

const places: readonly Place[] = [
  { name: 'a write in place', prepare: file('in-place'), change: (path, text) => writeFileSync(path, text) },
  {
    name: 'an editor that writes a new file and renames it over',
    prepare: file('rename'),
    change(path, text) {
      writeFileSync(`${path}.swp`, text)
      renameSync(`${path}.swp`, path)
    },
  },
  {
    name: 'an editor that moves the old file away first',
    prepare: file('backup'),
    async change(path, text) {
      renameSync(path, `${path}~`)
      await sleep(30)
      writeFileSync(path, text)
    },
  },
  {
    name: 'a truncation and two slow writes',
    prepare: file('truncate'),
    async change(path, text) {
      const handle = openSync(path, 'w')
      await sleep(30)
      writeSync(handle, text.slice(0, 60))
      await sleep(30)
      writeSync(handle, text.slice(60))
      closeSync(handle)
    },
  },
  {
    name: 'a deletion and a return',
    prepare: file('delete'),
    async change(path, text) {
      unlinkSync(path)
      await sleep(400)
      writeFileSync(path, text)
    },
  },
  {
    name: 'a ConfigMap whose ..data link is swapped',
    prepare(text) {
      const path = join(folder, 'map')
      mkdirSync(join(path, '..1'), { recursive: true })
      writeFileSync(join(path, '..1/routing.yaml'), text)
      symlinkSync('..1', join(path, '..data'))
      symlinkSync('..data/routing.yaml', join(path, 'routing.yaml'))
      return join(path, 'routing.yaml')
    },
    change(path, text) {
      const map = join(path, '..')
      mkdirSync(join(map, '..2'))
      writeFileSync(join(map, '..2/routing.yaml'), text)
      symlinkSync('..2', join(map, '..data_tmp'))
      renameSync(join(map, '..data_tmp'), join(map, '..data'))
      rmSync(join(map, '..1'), { recursive: true })
    },
  },
]

async function until(condition: () => boolean, what: () => string): Promise<void> {
  for (let tries = 0; tries < 160; tries++) {
    if (condition()) return
    await sleep(50)
  }
  assert.fail(what())
}

async function takesUp(relay: RelayProcess, change: () => void | Promise<void>): Promise<void> {
  relays.push(relay)
  const models = async (): Promise<string> => await (await fetch(`${relay.url}/v1/models`)).text()
  assert.match(await models(), /"before"/)
  await change()
  await until(() => relay.log().includes('config reloaded'), relay.log)
  assert.match(await models(), /"after"/)
  assert.doesNotMatch(await models(), /"before"/)
  // Not half of it, nor twice.
  await sleep(300)
  assert.equal(relay.log().split('config reloaded').length - 1, 1)
  assert.doesNotMatch(relay.log(), /config refused/)
}

for (const { name, prepare, change } of places) {
  test(`reload: ${name} is taken up once, as a whole`, async () => {
    const path = prepare(padded('before'))
    const relay = await startRelay(yaml('unused'), { args: ['-c', path] })
    await takesUp(relay, () => change(path, padded('after')))
  })
}

const mounts = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
test('reload: a write to a file that is mounted by itself is taken up', {
  skip: mounts ? false : 'needs root and Linux to mount',
}, async () => {
  const [outside, inside] = [file('outside')(padded('before')), file('inside')('')]
  const command = ['unshare', '--mount', 'sh', '-c', `mount --bind '${outside}' '${inside}' && exec "$@"`, 'sh']
  const relay = await startRelay(yaml('unused'), {
    command: [...command, process.execPath, join(import.meta.dirname, '../../cmd/outrigger/main.ts')],
    args: ['-c', inside],
  })
  await takesUp(relay, () => writeFileSync(outside, padded('after')))
})
