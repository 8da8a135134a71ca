/**
 * Builds `dist/outrigger.cjs` (one file for any Node 26) and `dist/outrigger` (one executable with Node inside), with the
 * licences of what is in them, a bill of materials (CycloneDX) and checksums. The order matters: a copy of node is stripped
 * first, since stripping a finished executable destroys it.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asObject, asString, parseJson } from '../internal/lib/json.ts'
import { bundlePieces, bundleWhole, pieceFiles } from './executable/bundle.ts'
import { memoryFlags } from './executable/memory-flags.ts'
import { writeIndex } from './executable/read-piece.ts'
import { billOfMaterials, bundledPackages, licenceNotices } from './notices.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const bundle = join(dist, 'outrigger.cjs')
const executable = join(dist, 'outrigger')
const notices = join(dist, 'THIRD-PARTY-LICENSES.txt')
const bill = join(dist, 'outrigger.cdx.json')
// V8 puts the seed of its hashes into the code that it keeps. With a fixed one two builds differ in a few hundred bytes of it only.
const seed = ['--random-seed=1']

mkdirSync(dist, { recursive: true })
const inputs = await bundleWhole({ root, folder: dist })
const pieces = join(dist, 'pieces')
mkdirSync(pieces, { recursive: true })
await bundlePieces({ root, folder: pieces })
execFileSync(process.execPath, [...seed, join(root, 'scripts/executable/keep-compiled.ts'), pieces], {
  stdio: ['ignore', 'ignore', 'inherit'],
  timeout: 120_000,
})

const node = join(dist, 'node')
copyFileSync(process.execPath, node)
chmodSync(node, 0o755)
strip(node)

let whole: Buffer | undefined
const settings = join(dist, 'sea.json')
const fresh = join(dist, 'outrigger.new')
writeFileSync(
  settings,
  JSON.stringify({
    main: join(pieces, 'boot.cjs'),
    mainFormat: 'commonjs',
    executable: node,
    output: fresh,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.fromEntries(pieceFiles.map((name) => [name, join(pieces, name)])),
    execArgv: memoryFlags,
    execArgvExtension: 'env',
  }),
)
execFileSync(process.execPath, [...seed, '--build-sea', settings], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 })
rmSync(executable, { force: true })
// Written in one go it lies in the page cache in large pieces, of which each start would map 40 MiB that it does not need.
copyFileSync(fresh, executable)
appendFileSync(executable, writeIndex(new Map(pieceFiles.map((name) => [name, placeOf(name)]))))
chmodSync(executable, 0o755)
for (const path of [fresh, node, settings, pieces]) rmSync(path, { recursive: true })

const packages = bundledPackages(root, inputs)
writeFileSync(notices, licenceNotices(packages))
writeFileSync(bill, billOfMaterials(packages, version()))
const sums = [bundle, executable, notices, bill].map(
  (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file.slice(dist.length + 1)}\n`,
)
writeFileSync(join(dist, 'SHA256SUMS'), sums.join(''))
for (const file of [bundle, executable])
  console.log(`${file.slice(root.length + 1)}  ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB`)

/** Where this piece lies in the executable. */
function placeOf(name: string): readonly [number, number] {
  whole ??= readFileSync(fresh)
  const bytes = readFileSync(join(pieces, name))
  const offset = whole.indexOf(bytes)
  if (offset < 0) throw new Error(`${name} is not in the executable as it is`)
  return [offset, bytes.length]
}

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
