import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = (name: string): string => join(import.meta.dirname, name)

test('load: 300 callers see nothing of providers that refuse, hang, cut and limit', async () => {
  const { stdout } = await run(process.execPath, [script('run.ts'), '--callers', '300', '--requests', '900'])
  console.log(stdout)
  assert.equal(stdout.match(/ 0 failures /g)?.length, 5)
})
