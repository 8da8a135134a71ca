import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePorts } from '../support/relay-process.ts'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'outrigger-unread-'))
after(() => rmSync(folder, { recursive: true }))

test('a command whose reader has read enough ends without a word', async () => {
  const command = spawn(process.execPath, [main, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  command.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  command.stdout.destroy()
  const [code] = await once(command, 'close')
  assert.equal(complaints, '')
  assert.equal(code, 0)
})

/** A relay that has said where it listens; its log is read by who calls this. */
async function startLogging(name: string) {
  const [listen = 0, admin = 0] = await freePorts(2)
  const file = join(folder, `${name}.yaml`)
  const text =
    'version: 1\nproviders: { p: { type: openai-compatible, base_url: "http://127.0.0.1:9/v1" } }\nmodels: { m: { targets: [p/m] } }\n'
  writeFileSync(file, `${text}health: { probe: off }\n`)
  const relay = spawn(
    process.execPath,
    [main, 'serve', '-c', file, '--listen', `127.0.0.1:${listen}`, '--admin', `127.0.0.1:${admin}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  for (let log = ''; !log.includes('"listening"'); ) log += String(await once(relay.stdout, 'data'))
  /** Sends what the relay refuses, with a line in its log. */
  const ask = async (requestId: string): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${listen}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-request-id': requestId },
      body: '{}',
    })
    assert.equal(answer.status, 400)
    await answer.text()
  }
  return { relay, ask }
}

test('a relay whose log nobody reads any more says so once, and goes on', async () => {
  const { relay, ask } = await startLogging('gone')
  try {
    let complaints = ''
    relay.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
    relay.stdout.destroy()
    for (let number = 0; number < 20 || (complaints === '' && number < 2000); number++) await ask(`r-${number}`)
    assert.match(complaints, /^nobody reads the output any more: it is dropped\n$/)
    assert.equal(relay.exitCode, null)
    relay.kill('SIGTERM')
    const [code] = await once(relay, 'close')
    assert.equal(code, 0)
  } finally {
    relay.kill('SIGKILL')
  }
})

test('a relay whose log nobody reads for a while answers, and loses no line', async () => {
  const { relay, ask } = await startLogging('slow')
  try {
    relay.stdout.pause()
    // More than the system keeps for who does not read.
    const ids = Array.from({ length: 3000 }, (_, number) => `${'x'.repeat(100)}-${number}`)
    for (let from = 0; from < ids.length; from += 50) await Promise.all(ids.slice(from, from + 50).map(ask))
    let log = ''
    relay.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
    relay.stdout.resume()
    relay.kill('SIGTERM')
    await once(relay, 'close')
    const told = [...log.matchAll(/"request_id":"(x+-\d+)"/g)].map(([, id]) => id)
    assert.deepEqual(new Set(told), new Set(ids))
    assert.equal(told.length, ids.length)
    for (const line of log.trim().split('\n')) JSON.parse(line)
  } finally {
    relay.kill('SIGKILL')
  }
})
