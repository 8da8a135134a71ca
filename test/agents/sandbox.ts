import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Report, Scenario } from './scenario.ts'

const run = promisify(execFile)

/** A new network namespace in which the caller is root; it has loopback and nothing else. */
const alone = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'] as const

export type Agent = { readonly program: string } | { readonly missing: string }

/** An agent from npm (`program` below node_modules) that can be run alone; or why there is none. */
export async function agentFromNpm(spec: string, program: string): Promise<Agent> {
  const found = await npmPackage(spec)
  if ('missing' in found) return found
  const path = join(found.modules, program)
  if (!existsSync(path)) return { missing: `${spec} has no program for ${process.platform}-${process.arch}` }
  const missing = await whyNotAlone()
  return missing === undefined ? { program: path } : { missing }
}

/** The folder with the package installed from npm, made once and kept in the user's cache; or why there is none. */
async function npmPackage(spec: string): Promise<{ readonly modules: string } | { readonly missing: string }> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const home = join(cache, 'outrigger-tests', spec.replaceAll(/[^a-z0-9.]+/g, '-'))
  const modules = join(home, 'node_modules')
  if (existsSync(join(home, 'installed'))) return { modules }
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{"private":true}')
  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', home]
    await run('npm', ['install', ...flags, spec], { timeout: 300_000, cwd: home })
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    return { missing: `npm cannot install ${spec} here: ${String(error).split('\n')[0]}` }
  }
  // Written last: a folder without it was not finished.
  writeFileSync(join(home, 'installed.new'), spec)
  renameSync(join(home, 'installed.new'), join(home, 'installed'))
  return { modules }
}

/** Why a namespace without a network cannot be made here, if it cannot. */
async function whyNotAlone(): Promise<string | undefined> {
  try {
    await run('unshare', [...alone, 'true'], { timeout: 10_000 })
    return undefined
  } catch (error) {
    return `no network namespace can be made here: ${String(error).split('\n')[0]}`
  }
}

/** Runs the scenario where nothing but loopback can be reached. */
export async function runAlone(scenario: Scenario): Promise<Report> {
  const command = [process.execPath, join(import.meta.dirname, 'scenario.ts'), JSON.stringify(scenario)]
  const { stdout } = await run('unshare', [...alone, ...command], { timeout: 200_000, maxBuffer: 64e6 })
  const report: Report = JSON.parse(stdout)
  return report
}
