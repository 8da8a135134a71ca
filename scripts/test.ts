/**
 * Runs the tests: unit tests beside the code and the wide ones under test/. Files named `*.slow.test.ts` run with `--all`
 * only. Other arguments are handed to the test runner.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const all = process.argv.includes('--all')
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--all')
const files = globSync(['internal/**/*.test.ts', 'cmd/**/*.test.ts', 'test/**/*.test.ts'])
  .filter((file) => all || !file.endsWith('.slow.test.ts'))
  .sort()
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-timeout=280000', ...passedOn, ...files],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
