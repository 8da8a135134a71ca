import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { blocksOf, pages } from '../docs/blocks.ts'
import { startMockRelay } from '../support/mock-relay.ts'

const run = promisify(execFile)
// With nothing in Go's cache the SDK alone takes minutes to compile: `.ci/run` does that while the linters run.
const coldMs = 40_000

test('sdk: the Go of the pages runs', async (context) => {
  const snippets = pages()
    .flatMap(blocksOf)
    .filter(({ language, text }) => language === 'go' && text.startsWith('package main'))
  assert.ok(snippets.length > 0)
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-go-'))
  const go = (...args: readonly string[]) =>
    run('go', [...args], { cwd: folder, timeout: coldMs, env: { ...process.env, GOFLAGS: '-mod=mod' } })
  let world: Awaited<ReturnType<typeof startMockRelay>> | undefined
  try {
    for (const name of ['go.mod', 'main.go']) copyFileSync(join(import.meta.dirname, 'go', name), join(folder, name))
    const missing = await go('build', '-o', 'warm', '.').then(
      () => undefined,
      (error: unknown) => String(error).split('\n')[0],
    )
    if (missing !== undefined)
      return context.skip(`Go or its modules are not here, or are not compiled yet (build test/sdk/go once): ${missing}`)
    world = await startMockRelay('models:\n  smart: { targets: [anthropic/claude-opus-5-5] }\nlog: { level: warn }\n')
    for (const { text } of snippets) {
      writeFileSync(join(folder, 'main.go'), text.replaceAll('http://localhost:7070', world.relay.url))
      const { stdout } = await go('run', '.')
      assert.match(stdout, /Say hello/)
    }
  } finally {
    await world?.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
