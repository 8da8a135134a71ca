import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../support/relay-process.ts'

const root = join(import.meta.dirname, '../..')

test('first minutes: a clone and `make run` in an empty home answer, and Ctrl-C leaves cleanly', async (context) => {
  if (!existsSync(join(root, '.git'))) return context.skip('this is no clone')
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-newcomer-'))
  const startedMs = performance.now()
  const clone = join(folder, 'outrigger')
  const home = join(folder, 'home')
  mkdirSync(home)
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone])
  // Downloads apart: the packages are those of this checkout, and make is told (-o) that they are there.
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  const [listen, admin] = await freePorts(2)
  const args = `--listen 127.0.0.1:${listen} --admin 127.0.0.1:${admin}`
  const env = { PATH: process.env['PATH'] ?? '', HOME: home }
  const demo = spawn('make', ['-o', 'node_modules/.installed', 'run', `ARGS=${args}`], { cwd: clone, env, detached: true })
  let told = ''
  const banner = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number | null>()
  const hear = (text: string): void => {
    told += text
    if (told.includes('Ctrl-C ends it')) banner.resolve()
  }
  for (const stream of [demo.stdout, demo.stderr]) stream.setEncoding('utf8').on('data', hear)
  demo.on('exit', (code) => {
    ended.resolve(code)
    banner.reject(new Error(`it ended with ${code}:\n${told}`))
  })
  try {
    await banner.promise
    assert.ok(told.includes(`http://127.0.0.1:${admin}/`), 'the status page is named')
    const command = /curl -si .*$/m.exec(told)?.[0]
    assert.ok(command !== undefined, 'a curl to try')
    const answer = execFileSync('sh', ['-c', command], { encoding: 'utf8', env })
    assert.match(answer, /^HTTP\/1\.1 200 OK/)
    assert.match(answer, /You said: \\"Hello\\"/)
    context.diagnostic(`${((performance.now() - startedMs) / 1000).toFixed(1)} s from clone to the first answer, downloads apart`)
    assert.equal((await fetch(`http://127.0.0.1:${admin}/`)).status, 200)
  } finally {
    // As a terminal does it: to make and to the relay.
    if (demo.pid !== undefined) process.kill(-demo.pid, 'SIGINT')
  }
  await ended.promise
  await assert.rejects(fetch(`http://127.0.0.1:${listen}/`))
  rmSync(folder, { recursive: true, force: true })
})
