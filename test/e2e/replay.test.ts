import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, parseJson } from '#lib/json.ts'
import { startMockRelay } from '../support/mock-relay.ts'

test('what the relay logs can be replayed with another file', async () => {
  const world = await startMockRelay(
    'models: { smart: { targets: [anthropic/claude-opus-4-5, openai/gpt-4.1-mini] } }\nlog: { level: info }\n',
  )
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-replay-'))
  try {
    for (const tier of ['free', 'premium', 'free', 'free']) {
      await world.openai.chat.completions.create(
        { model: 'smart', messages: [{ role: 'user', content: 'hi' }] },
        { headers: { 'x-outrigger-tier': tier } },
      )
    }
    await world.relay.stop()
    writeFileSync(join(folder, 'access.jsonl'), world.relay.log())
    writeFileSync(
      join(folder, 'new.yaml'),
      'version: 1\nproviders: { anthropic: { api_key: k }, openai: { api_key: k } }\nmodels: { smart: { targets: [anthropic/claude-opus-4-5, openai/gpt-4.1-mini] } }\nrules: [{ when: { tier: free }, strategy: cost }]\n',
    )
    const args = ['cmd/outrigger/main.ts', 'replay', join(folder, 'access.jsonl'), '-c', join(folder, 'new.yaml'), '--json']
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const parsed = parseJson(stdout)
    const replayed = parsed.ok ? asObject(parsed.value) : {}
    const counts = (name: string): unknown =>
      asArray(replayed[name]).map((share) => [asObject(share)['target'], asObject(share)['requests']])
    assert.deepEqual(counts('before'), [['anthropic/claude-opus-4-5', 4]])
    assert.deepEqual(counts('after'), [
      ['openai/gpt-4.1-mini', 3],
      ['anthropic/claude-opus-4-5', 1],
    ])
  } finally {
    rmSync(folder, { recursive: true })
    await world.close()
  }
})
