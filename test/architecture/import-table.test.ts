import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const folders: string[] = []

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function cruise(folder: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'cmd', 'internal'],
    { cwd: folder, encoding: 'utf8' },
  )
  return { status, output: stdout + stderr }
}

test('the import table holds, and the check sees the whole tree', () => {
  const { status, output } = cruise(root)
  assert.equal(status, 0, output)
  const modules = Number(/\((\d+) modules/.exec(output)?.[1])
  assert.ok(modules >= 100, `only ${modules} modules were cruised: the check is blind\n${output}`)
})

const planted: readonly { readonly rule: string; readonly file: string; readonly text: string }[] = [
  {
    rule: 'lib-imports',
    file: 'internal/lib/planted.ts',
    text: "import type { Failure } from '#canonical/failure.ts'\nexport type Planted = Failure\n",
  },
  { rule: 'relay-imports', file: 'internal/relay/planted.ts', text: "export { createMetrics } from '#telemetry/metrics.ts'\n" },
  {
    rule: 'dialects-apart',
    file: 'internal/dialect/gemini/planted.ts',
    text: "export { anthropic } from '../anthropic/index.ts'\n",
  },
  { rule: 'undici-in-upstream', file: 'internal/server/planted.ts', text: "export { Pool } from 'undici'\n" },
  { rule: 'no-upward', file: 'internal/server/planted.ts', text: "export { exitCodes } from '../../cmd/outrigger/exit.ts'\n" },
]

for (const { rule, file, text } of planted) {
  test(`a planted import that breaks ${rule} is caught`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'outrigger-imports-'))
    folders.push(folder)
    for (const name of ['cmd', 'internal', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(join(root, name), join(folder, name), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
    const { status, output } = cruise(folder)
    assert.notEqual(status, 0)
    assert.match(output, new RegExp(`${rule}.*${file.split('/').at(-1)}`))
  })
}
