/**
 * Runs the tests: unit tests beside the code and the wide ones under test/. Files named `*.slow.test.ts` run with `--all`
 * only. Other arguments are handed to the test runner.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const all = process.argv.includes('--all')
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--all')
const files = globSync(['internal/**/*.test.ts', 'cmd/**/*.test.ts', 'test/**/*.test.ts'])
  .filter((file) => all || !file.endsWith('.slow.test.ts'))
  .sort()
// The runner's own choice leaves one core free: on two cores the files would run one after the other.
const atOnce = `--test-concurrency=${availableParallelism()}`
// Each file is a process, and many start relays: what one has compiled the next takes from here.
const compiled = join(import.meta.dirname, '../node_modules/.cache/compiled')
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-timeout=280000', atOnce, ...passedOn, ...files],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: compiled, ...process.env } },
)
process.exit(status ?? 1)
