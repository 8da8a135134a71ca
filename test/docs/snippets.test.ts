import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { loadText } from '#config/load.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { type Block, blocksOf, pages, root } from './blocks.ts'

const run = promisify(execFile)
const blocks = pages().flatMap(blocksOf)
const where = ({ file, line }: Block): string => `${file}:${line}`

let world: MockRelay
let folder = ''

before(async () => {
  world = await startMockRelay(
    'models:\n  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }\nlog: { level: warn }\n',
  )
  // Inside the repository, so that the SDKs are found.
  folder = mkdtempSync(join(root, 'test/docs/.snippets-'))
})
after(async () => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
  await world?.close()
})

for (const block of blocks.filter(({ language, text }) => language === 'yaml' && /^version: 1$/m.test(text))) {
  test(`docs: the routing file of ${where(block)} passes the check`, () => {
    const loaded = loadText(block.text, { path: block.file })
    assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.error, null, 1))
  })
}

const toRelay = (text: string): string => text.replaceAll('http://localhost:7070', world.relay.url)

for (const block of blocks.filter(({ language, text }) => language === 'ts' && text.startsWith('import '))) {
  test(`docs: the TypeScript of ${where(block)} runs`, async () => {
    const file = join(folder, `line-${block.line}.ts`)
    writeFileSync(file, toRelay(block.text))
    const { stdout } = await run(process.execPath, [file])
    assert.match(stdout, /Say hello/)
  })
}

for (const block of blocks.filter(
  ({ language, text }) => language === 'sh' && text.startsWith('curl ') && text.includes(':7070'),
)) {
  test(`docs: the curl of ${where(block)} is answered`, async () => {
    const { stdout } = await run('sh', ['-c', toRelay(block.text)])
    assert.match(stdout, /Say hello/)
  })
}
