import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

function scriptFor(shell: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cmd/outrigger/main.ts', 'completion', shell], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return stdout
}

function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

/** What bash offers behind these words; the last one is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const typed = ['outrigger', ...words].map((word) => `'${word}'`).join(' ')
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _outrigger; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.split('\n').filter((line) => line !== '')
}

const script = scriptFor('bash')

test('completion: bash offers commands, their options, values and files', (context) => {
  if (!has('bash')) return context.skip('there is no bash')
  assert.deepEqual(offered('ex'), ['explain'])
  assert.ok(offered('').includes('serve'))
  assert.deepEqual(offered('serve', '--log-f'), ['--log-format'])
  assert.deepEqual(offered('serve', '--log-format', ''), ['json', 'pretty'])
  assert.deepEqual(offered('check', 'configs/min'), ['configs/minimal.yaml'])
  assert.deepEqual(offered('import', 'li'), ['litellm'])
  assert.deepEqual(offered('completion', ''), ['bash', 'zsh', 'fish'])
})

for (const shell of ['zsh', 'fish']) {
  test(`completion: the script for ${shell} names every command and can be read`, (context) => {
    const text = scriptFor(shell)
    for (const name of ['serve', 'explain', 'completion']) assert.match(text, new RegExp(name))
    if (!has(shell)) return context.skip(`there is no ${shell} to read it with`)
    const folder = mkdtempSync(join(tmpdir(), 'outrigger-completion-'))
    writeFileSync(join(folder, 'script'), text)
    // Read and not run.
    const { status, stderr } = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    assert.equal(status, 0, stderr)
  })
}

test('completion: an unknown shell is told which there are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['cmd/outrigger/main.ts', 'completion', 'tcsh'], { encoding: 'utf8' })
  assert.equal(status, 2)
  assert.match(stderr, /bash, zsh, fish/)
})
