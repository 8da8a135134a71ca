import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startMockRelay } from '../support/mock-relay.ts'
import { pythonWith } from '../support/python.ts'
import { blocksOf, pages, root } from './blocks.ts'

const run = promisify(execFile)

test('docs: the Python of the pages runs', async (context) => {
  const found = await pythonWith(join(root, 'test/sdk/python/requirements.txt'))
  if ('missing' in found) return context.skip(found.missing)
  const world = await startMockRelay('models:\n  smart: { targets: [anthropic/claude-opus-5-5] }\nlog: { level: warn }\n')
  try {
    const snippets = pages()
      .flatMap(blocksOf)
      .filter(({ language, text }) => language === 'python' && text.includes('localhost:7070'))
    assert.ok(snippets.length >= 3)
    for (const { text } of snippets) {
      const { stdout } = await run(found.python, ['-c', text.replaceAll('http://localhost:7070', world.relay.url)])
      assert.match(stdout, /Say hello/)
    }
  } finally {
    await world.close()
  }
})
