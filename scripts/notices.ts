import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asObject, asString, parseJson } from '../internal/lib/json.ts'

/** A package of which something is in the bundle. */
type Bundled = { readonly name: string; readonly version: string; readonly license: string; readonly texts: readonly string[] }

/** The packages of which something is in the bundle, by name. `inputs`: the paths of esbuild's metafile, from `root`. */
export function bundledPackages(root: string, inputs: readonly string[]): readonly Bundled[] {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  const packages = [...folders].map((folder) => readPackage(join(root, folder)))
  const missing = packages.filter(({ license }) => license === '')
  if (missing.length > 0) throw new Error(`no licence is told by ${missing.map(({ name }) => name).join(', ')}`)
  return packages.sort((a, b) => compare(a.name, b.name))
}

/** Their licences, as they ask for it. */
export function licenceNotices(packages: readonly Bundled[]): string {
  const parts = packages.map(({ name, version, license, texts }) => [`${name} ${version} (${license})`, ...texts].join('\n\n'))
  return `Outrigger contains parts of these packages. Node.js, which the executable contains, has its licence at https://github.com/nodejs/node/blob/main/LICENSE.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** The bill of materials in CycloneDX 1.6: what is in the bundle, and the Node that runs it. */
export function billOfMaterials(packages: readonly Bundled[], version: string): string {
  const node = {
    type: 'platform',
    name: 'node',
    version: process.versions.node,
    purl: `pkg:generic/node@${process.versions.node}`,
  }
  const components = packages.map(({ name, version: of, license }) => ({
    type: 'library',
    name,
    version: of,
    purl: `pkg:npm/${name.replace('@', '%40')}@${of}`,
    licenses: [{ expression: license }],
  }))
  const metadata = { component: { type: 'application', name: 'outrigger', version } }
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata, components: [node, ...components] }, null, 1)}\n`
}

function readPackage(folder: string): Bundled {
  const parsed = parseJson(readFileSync(join(folder, 'package.json'), 'utf8'))
  const told = asObject(parsed.ok ? parsed.value : undefined)
  const files = readdirSync(folder).filter((name) => /^(?:licen[cs]e|notice|copying)/i.test(name))
  return {
    name: asString(told['name']) ?? folder,
    version: asString(told['version']) ?? '',
    license: asString(told['license']) ?? asString(asObject(told['license'])['type']) ?? '',
    texts: files.sort(compare).map((name) => readFileSync(join(folder, name), 'utf8').trim()),
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
