/**
 * Builds `dist/outrigger.cjs` (one file for any Node 26) and `dist/outrigger` (one executable with Node inside), with the
 * licences of what is in them, a bill of materials (CycloneDX) and checksums. The order matters: a copy of node is stripped first, since stripping a finished executable destroys it.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { pageFileNames, readPageFile } from '../internal/admin/page/files.ts'
import { asObject, asString, parseJson } from '../internal/lib/json.ts'
import { billOfMaterials, bundledPackages, licenceNotices } from './notices.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const bundle = join(dist, 'outrigger.cjs')
const executable = join(dist, 'outrigger')
const notices = join(dist, 'THIRD-PARTY-LICENSES.txt')
const bill = join(dist, 'outrigger.cdx.json')

mkdirSync(dist, { recursive: true })
const built = await build({
  entryPoints: [join(root, 'cmd/outrigger/main.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  // Names stay as they are: a stack trace is read by people, and putting back shortened ones costs on every call.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: {
    // The bundle has no folder of its own: what lies beside the code is in it.
    'import.meta.dirname': '""',
    __COMMIT__: JSON.stringify(commit()),
    __PAGE_FILES__: JSON.stringify(Object.fromEntries(pageFileNames.map((name) => [name, readPageFile(name)]))),
  },
  absWorkingDir: root,
  metafile: true,
  logLevel: 'warning',
})

const node = join(dist, 'node')
copyFileSync(process.execPath, node)
chmodSync(node, 0o755)
strip(node)

const settings = join(dist, 'sea.json')
writeFileSync(
  settings,
  JSON.stringify({
    main: bundle,
    mainFormat: 'commonjs',
    executable: node,
    output: executable,
    disableExperimentalSEAWarning: true,
    // It is what lets it start in half the time. V8 puts a random seed into it, so that the executable, and nothing else of
    // the build, differs from one to the next.
    useCodeCache: true,
    execArgvExtension: 'env',
  }),
)
rmSync(executable, { force: true })
execFileSync(process.execPath, ['--build-sea', settings], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 })
chmodSync(executable, 0o755)
rmSync(node)
rmSync(settings)
const packages = bundledPackages(root, Object.keys(built.metafile.inputs))
writeFileSync(notices, licenceNotices(packages))
writeFileSync(bill, billOfMaterials(packages, version()))
const sums = [bundle, executable, notices, bill].map(
  (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file.slice(dist.length + 1)}\n`,
)
writeFileSync(join(dist, 'SHA256SUMS'), sums.join(''))
for (const file of [bundle, executable])
  console.log(`${file.slice(root.length + 1)}  ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB`)

function strip(file: string): void {
  if (process.platform !== 'linux') return
  try {
    execFileSync('strip', ['-s', file])
  } catch {
    console.error('strip (binutils) is missing: the executable will be a fifth larger')
  }
}

/** The version that is built. */
function version(): string {
  const parsed = parseJson(readFileSync(join(root, 'package.json'), 'utf8'))
  return asString(asObject(parsed.ok ? parsed.value : undefined)['version']) ?? ''
}

/** The commit that is built, for `--version`; `unknown` outside a repository. */
function commit(): string {
  if (!existsSync(join(root, '.git'))) return 'unknown'
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
}
