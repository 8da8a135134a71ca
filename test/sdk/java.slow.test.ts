import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocksOf, pages } from '../docs/blocks.ts'
import { jarsOf, runJava } from '../support/java.ts'
import { startMockRelay } from '../support/mock-relay.ts'

test('sdk: the Java of the pages runs', async (context) => {
  const snippets = pages()
    .flatMap(blocksOf)
    .filter(({ language }) => language === 'java')
  assert.ok(snippets.length > 0)
  const jars = await jarsOf(join(import.meta.dirname, 'java'))
  if ('missing' in jars) return context.skip(jars.missing)
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-java-'))
  const world = await startMockRelay('models:\n  smart: { targets: [anthropic/claude-opus-5-5] }\nlog: { level: warn }\n')
  try {
    for (const { text, file, line } of snippets) {
      const name = /^class (\w+)/m.exec(text)?.[1] ?? ''
      writeFileSync(join(folder, `${name}.java`), text.replaceAll('http://localhost:7070', world.relay.url))
      assert.match(await runJava(folder, name, jars.path), /Say hello/, `${file}:${line}`)
    }
  } finally {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
