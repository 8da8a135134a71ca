import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchFile } from './watch.ts'

type Change = (folder: string, path: string) => void | Promise<void>

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const changes: readonly { name: string; change: Change }[] = [
  { name: 'an in-place write', change: (_folder, path) => writeFileSync(path, 'b') },
  {
    name: 'an editor that renames over it',
    change(folder, path) {
      writeFileSync(join(folder, 'new'), 'b')
      renameSync(join(folder, 'new'), path)
    },
  },
  {
    name: 'a deletion and a return',
    async change(_folder, path) {
      unlinkSync(path)
      await pause(150)
      writeFileSync(path, 'b')
    },
  },
  {
    name: 'a truncation and a slow write',
    async change(_folder, path) {
      writeFileSync(path, '')
      await pause(30)
      writeFileSync(path, 'b')
    },
  },
]

for (const { name, change } of changes) {
  test(`watch: ${name} is one change`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outrigger-watch-'))
    const path = join(folder, 'routing.yaml')
    writeFileSync(path, 'a')
    let seen = 0
    const watcher = watchFile(path, () => seen++)
    await pause(100)
    await change(folder, path)
    for (let waited = 0; waited < 2500 && seen === 0; waited += 25) await pause(25)
    await pause(200)
    assert.equal(seen, 1)
    await watcher.close()
    rmSync(folder, { recursive: true })
  })
}

test('watch: a ConfigMap whose ..data link is swapped is one change', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-watch-'))
  for (const version of ['1', '2']) {
    mkdirSync(join(folder, `..${version}`))
    writeFileSync(join(folder, `..${version}`, 'routing.yaml'), version)
  }
  symlinkSync('..1', join(folder, '..data'))
  symlinkSync('..data/routing.yaml', join(folder, 'routing.yaml'))
  let seen = 0
  const watcher = watchFile(join(folder, 'routing.yaml'), () => seen++)
  await pause(100)
  symlinkSync('..2', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  rmSync(join(folder, '..1'), { recursive: true })
  for (let waited = 0; waited < 2500 && seen === 0; waited += 25) await pause(25)
  assert.equal(seen, 1)
  await watcher.close()
  rmSync(folder, { recursive: true })
})

test('watch: the same content written again is no change', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-watch-'))
  const path = join(folder, 'routing.yaml')
  writeFileSync(path, 'a')
  let seen = 0
  const watcher = watchFile(path, () => seen++)
  await pause(100)
  writeFileSync(path, 'a')
  await pause(300)
  assert.equal(seen, 0)
  await watcher.close()
  rmSync(folder, { recursive: true })
})

test('watch: another folder in the place of the first is one change', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'outrigger-watch-'))
  const [folder, next] = [join(parent, 'conf'), join(parent, 'next')]
  for (const [name, text] of [
    [folder, 'a'],
    [next, 'b'],
  ] as const) {
    mkdirSync(name)
    writeFileSync(join(name, 'routing.yaml'), text)
  }
  let seen = 0
  const watcher = watchFile(join(folder, 'routing.yaml'), () => seen++)
  await pause(100)
  renameSync(folder, join(parent, 'old'))
  renameSync(next, folder)
  for (let waited = 0; waited < 2800 && seen === 0; waited += 25) await pause(25)
  assert.equal(seen, 1)
  await watcher.close()
  rmSync(parent, { recursive: true })
})

test('watch: a change of a file that the routing file names is one change, without any event of its folder', async () => {
  const [folder, secrets] = [mkdtempSync(join(tmpdir(), 'outrigger-watch-')), mkdtempSync(join(tmpdir(), 'outrigger-secrets-'))]
  const [path, other] = [join(folder, 'routing.yaml'), join(secrets, 'url')]
  writeFileSync(path, 'a')
  writeFileSync(other, 'one')
  let seen = 0
  const watcher = watchFile(
    path,
    () => seen++,
    () => [other],
  )
  writeFileSync(other, 'two')
  for (let waited = 0; waited < 2800 && seen === 0; waited += 25) await pause(25)
  assert.equal(seen, 1)
  await watcher.close()
  rmSync(folder, { recursive: true })
  rmSync(secrets, { recursive: true })
})
