import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
// What a first download takes longer than this is not for a test to wait for.
const downloadMs = 60_000

/** A Java program's world: its jars, as `-cp` takes them; or why there are none. */
export type Jars = { readonly path: string } | { readonly missing: string }

/**
 * The jars that a Maven project names, downloaded once into Maven's own cache; their list is kept in the user's.
 * `project` is the folder of its pom.xml.
 */
export async function jarsOf(project: string): Promise<Jars> {
  const pom = readFileSync(join(project, 'pom.xml'), 'utf8')
  const version = /<version>([\d.]+)<\/version>\s*<\/dependency>/.exec(pom)?.[1] ?? 'none'
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'outrigger-tests')
  const list = join(cache, `java-${version}.classpath`)
  const known = existsSync(list) ? readFileSync(list, 'utf8').trim() : ''
  if (known !== '' && known.split(':').every((jar) => existsSync(jar))) return { path: known }
  try {
    mkdirSync(cache, { recursive: true })
    await run('javac', ['--version'])
    const maven = ['-q', '-B', '-f', join(project, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${list}.new`]
    await run('mvn', maven, { timeout: downloadMs })
    renameSync(`${list}.new`, list)
    return { path: readFileSync(list, 'utf8').trim() }
  } catch (error) {
    return { missing: `a Java compiler, Maven or its registry is not here: ${String(error).split('\n')[0]}` }
  }
}

const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Compiles a file of Java in its folder and runs its class; what it wrote. Rejects with the compiler's words. */
export async function runJava(folder: string, name: string, path: string): Promise<string> {
  const compile = [...quick.map((flag) => `-J${flag}`), '-proc:none', '-cp', path, '-d', folder, join(folder, `${name}.java`)]
  await run('javac', compile, { timeout: 60_000 })
  const { stdout } = await run('java', [...quick, '-cp', `${path}:${folder}`, name], { timeout: 60_000 })
  return stdout
}
