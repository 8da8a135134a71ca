import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { pageFileNames, readPageFile } from '../../internal/admin/page/files.ts'
import { laterBuiltins } from './builtins.ts'
import { flatTypebox } from './flat-typebox.ts'
import { commandsInCore, lazyModules, outside } from './lazy-modules.ts'
import { lighterModules } from './lighter-modules.ts'
import { wrapper } from './load-script.ts'
import { inCore, type PartName, partNames } from './parts.ts'
import { globalsTaken, quickGlobals } from './quick-globals.ts'
import { quietYaml } from './quiet-yaml.ts'

export type BundleOptions = {
  /** The repository. */
  readonly root: string
  /** Where the bundles are written. */
  readonly folder: string
}

/**
 * `outrigger.cjs`: all in one file, for any Node 26. Gives the paths of what is in it, from `root`. `changes` are made to it, for benchmarks that
 * want to see what a part costs.
 */
export async function bundleWhole({ root, folder }: BundleOptions, changes: readonly Plugin[] = []): Promise<readonly string[]> {
  const shared = common(root)
  const { metafile } = await build({
    ...shared,
    plugins: [...(shared.plugins ?? []), ...changes],
    entryPoints: [join(root, 'cmd/outrigger/main.ts')],
    outfile: join(folder, 'outrigger.cjs'),
    metafile: true,
  })
  return Object.keys(metafile?.inputs ?? {})
}

/**
 * The same for the executable, in pieces: the command line with the commands that must be quick, the other commands, the packages that
 * are loaded when they are first wanted, and what loads these.
 */
export async function bundlePieces({ root, folder }: BundleOptions): Promise<void> {
  const shared = common(root)
  // The loader knows `require` only.
  const piece: BuildOptions = {
    ...shared,
    supported: { 'dynamic-import': false },
    banner: { js: wrapper.before + globalsTaken },
    footer: { js: wrapper.after },
  }
  const commands = new Set<string>()
  await build({
    ...piece,
    entryPoints: [join(root, 'cmd/outrigger/main.ts')],
    outfile: join(folder, 'main.cjs'),
    plugins: [commandsInCore(commands), lazyModules, lighterModules],
  })
  const wanted = new Map<PartName, Set<string>>()
  await build({
    ...piece,
    stdin: { contents: coreOf([...commands].sort()), resolveDir: join(root, 'cmd/outrigger') },
    outfile: join(folder, 'core.cjs'),
    plugins: [quietYaml, outside(wanted), flatTypebox(root), laterBuiltins, lazyModules, lighterModules],
  })
  await Promise.all(
    partNames.map((name) => {
      const imports = [...(wanted.get(name) ?? [])].sort()
      if (imports.length === 0)
        throw new Error(`the core wants nothing of the piece ${name}: scripts/executable/parts.ts is out of date`)
      const contents = imports.map((of) => `exports[${JSON.stringify(of)}] = require(${JSON.stringify(of)})`).join('\n')
      return build({
        ...piece,
        stdin: { contents, resolveDir: root },
        outfile: join(folder, `${name}.cjs`),
        plugins: [quietYaml, lazyModules, lighterModules],
      })
    }),
  )
  await build({ ...shared, entryPoints: [join(root, 'scripts/executable/boot.ts')], outfile: join(folder, 'boot.cjs') })
}

/** What goes into the executable beside what loads it: each piece, and what V8 kept of having compiled it. */
export const pieceFiles: readonly string[] = ['main', 'core', ...partNames].flatMap((name) => [`${name}.cjs`, `${name}.cache`])

/** Each command's module under the name that the command line asks for; it runs when it is first asked for. */
function coreOf(commands: readonly string[]): string {
  return commands
    .map((id) => {
      const path = JSON.stringify(id.slice(inCore.length))
      return `Object.defineProperty(exports, ${JSON.stringify(id)}, { enumerable: true, get: () => require(${path}) })`
    })
    .join('\n')
}

function common(root: string): BuildOptions {
  return {
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    // Names stay as they are: a stack trace is read by people, and putting back shortened ones costs on every call.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: globalsTaken },
    define: {
      ...quickGlobals,
      // The bundle has no folder of its own: what lies beside the code is in it.
      'import.meta.dirname': '""',
      __COMMIT__: JSON.stringify(commit(root)),
      // As one text: esbuild makes a module of an object, which it then asks for in each of the others.
      __PAGE_FILES__: JSON.stringify(JSON.stringify(Object.fromEntries(pageFileNames.map((name) => [name, readPageFile(name)])))),
    },
    absWorkingDir: root,
    logLevel: 'warning',
    plugins: [quietYaml],
  }
}

/** The commit that is built, for `--version`: as `OUTRIGGER_COMMIT` says, else the repository; `unknown` outside one. */
function commit(root: string): string {
  const told = process.env['OUTRIGGER_COMMIT']
  if (told !== undefined && told !== '') return told
  if (!existsSync(join(root, '.git'))) return 'unknown'
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
}
