import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A Python with these requirements installed, made once and kept in the user's cache; or why there is none.
 * `requirements` is the path of a requirements.txt.
 */
export async function pythonWith(requirements: string): Promise<{ readonly python: string } | { readonly missing: string }> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const home = join(cache, 'outrigger-tests', 'python')
  const python = join(home, 'bin', 'python')
  const stamp = join(home, 'requirements.txt')
  const wanted = readFileSync(requirements, 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python }
  rmSync(home, { recursive: true, force: true })
  mkdirSync(join(home, '..'), { recursive: true })
  try {
    await run('python3', ['-m', 'venv', home], { timeout: 120_000 })
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], {
      timeout: 240_000,
    })
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    return { missing: `pip cannot install the SDKs here: ${String(error).split('\n')[0]}` }
  }
  // Written last: a folder without it was not finished.
  writeFileSync(`${stamp}.new`, wanted)
  renameSync(`${stamp}.new`, stamp)
  return { python }
}
