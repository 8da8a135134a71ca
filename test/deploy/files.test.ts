import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadFile } from '#config/load.ts'
import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'

const has = (command: string, argument = '--version'): boolean => spawnSync(command, [argument]).status === 0

// Helm's templates are no YAML yet.
const routingFiles = globSync(['configs/*.yaml', 'deploy/**/routing.yaml'], { exclude: ['deploy/helm/**'] })

for (const file of routingFiles.sort()) {
  test(`${file} has no problems`, () => {
    const sources = {
      env: { OPENAI_API_KEY: 'x' },
      readFile: (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : `value of ${path}`),
    }
    const loaded = loadFile({ path: file, sources })
    assert.ok(loaded.ok, JSON.stringify(loaded))
  })
}

const compose = asObject(parse(readFileSync('deploy/compose/compose.yaml', 'utf8')))
const services = asObject(compose['services'])

test('compose: the file is as Compose has it', {
  skip: has('docker-compose') ? false : 'docker-compose is not installed here',
}, () => {
  // `name` came with Compose 2; Debian's is older.
  const text = readFileSync('deploy/compose/compose.yaml', 'utf8').replace(/^name:.*\n/m, '')
  const check = (input: string): { readonly status: number | null; readonly stderr: string } =>
    spawnSync('docker-compose', ['-f', '-', '--project-directory', 'deploy/compose', 'config', '-q'], { encoding: 'utf8', input })
  const { status, stderr } = check(text)
  assert.equal(status, 0, stderr)
  assert.notEqual(check(text.replace('read_only:', 'read_onlyy:')).status, 0)
})

test('compose: what is mounted is there, what depends on something depends on a service', () => {
  for (const [name, value] of Object.entries(services)) {
    const service = asObject(value)
    for (const volume of asArray(service['volumes']).map(String)) {
      const from = volume.split(':')[0] ?? ''
      assert.ok(existsSync(resolve('deploy/compose', from)), `${name}: ${from}`)
    }
    const depends = service['depends_on']
    for (const other of Array.isArray(depends) ? depends.map(String) : Object.keys(asObject(depends)))
      assert.ok(other in services, other)
  }
})

test('compose: the relay runs without rights, on a read-only root, and only this machine reaches it', () => {
  const relay = asObject(services['relay'])
  assert.equal(relay['read_only'], true)
  assert.deepEqual(relay['cap_drop'], ['ALL'])
  for (const port of asArray(relay['ports']).map(String)) assert.match(port, /^127\.0\.0\.1:/)
  const dockerfile = asString(asObject(relay['build'])['dockerfile']) ?? ''
  assert.ok(existsSync(dockerfile))
})

test('compose: Prometheus takes its configuration', { skip: has('promtool') ? false : 'promtool is not installed here' }, () => {
  const text = readFileSync('deploy/compose/prometheus/prometheus.yaml', 'utf8').replace(/rule_files:\n(?: .*\n)+/, '')
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-prometheus-'))
  writeFileSync(join(folder, 'prometheus.yaml'), text)
  const { status, stderr } = spawnSync('promtool', ['check', 'config', join(folder, 'prometheus.yaml')], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.equal(status, 0, stderr)
})

test('systemd takes the unit, and finds it well locked up', {
  skip: has('systemd-analyze') ? false : 'systemd is not installed here',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-unit-'))
  const unit = join(folder, 'outrigger.service')
  // The executable is not installed where the unit looks for it.
  writeFileSync(
    unit,
    readFileSync('deploy/systemd/outrigger.service', 'utf8').replaceAll('/usr/local/bin/outrigger', process.execPath),
  )
  const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  const judged = spawnSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.doesNotMatch(verified.stderr, /outrigger\.service:\d+|Unknown/, verified.stderr)
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(judged.stdout)?.[1])
  assert.ok(exposure <= 2.5, judged.stdout.slice(-300))
})

test('compose: Grafana finds Prometheus and our dashboards', () => {
  const grafana = asObject(services['grafana'])
  const read = (path: string): JsonObject => asObject(parse(readFileSync(`deploy/compose/grafana/${path}`, 'utf8')))
  const [source] = asArray(read('datasources/prometheus.yaml')['datasources']).map(asObject)
  const url = new URL(String(source?.['url']))
  assert.ok(url.hostname in services)
  // As Prometheus listens: nothing in its command says otherwise.
  assert.equal(url.port, '9090')
  const [provider] = asArray(read('dashboards/outrigger.yaml')['providers']).map(asObject)
  const path = asString(asObject(provider?.['options'])['path'])
  const mounts = asArray(grafana['volumes']).map(String)
  assert.ok(mounts.includes(`../grafana:${path}:ro`), mounts.join())
  assert.ok(mounts.includes('./grafana:/etc/grafana/provisioning:ro'))
})

/** Which test reads what: a file that nobody reads would rot unseen. */
const readers: readonly (readonly [RegExp, string])[] = [
  [/^configs\/[^/]+\.yaml$/, 'test/deploy/files.test.ts'],
  // What everything.yaml names; `check` reads it.
  [/^configs\/everything\.(?:clients\.jsonl|pem|prices\.yml)$/, 'test/deploy/files.test.ts'],
  [/^configs\/routing\.schema\.json$/, 'internal/config/reference.test.ts'],
  [/^deploy\/compose\//, 'test/deploy/files.test.ts'],
  [/^deploy\/docker\//, 'test/deploy/image.slow.test.ts'],
  [/^deploy\/grafana\/[^/]+\.json$/, 'test/operators/grafana.test.ts'],
  [/^deploy\/helm\//, 'test/deploy/helm.test.ts'],
  [/^deploy\/kubernetes\//, 'test/deploy/kubernetes.test.ts'],
  [/^deploy\/prometheus\/[^/]+\.yaml$/, 'test/operators/prometheus.test.ts'],
  [/^deploy\/systemd\//, 'test/deploy/files.test.ts'],
  [/^deploy\/[^/]+\/README\.md$/, 'test/docs/links.test.ts'],
]

test('every file under configs/ and deploy/ is read by a test', () => {
  const files = globSync(['configs/**', 'deploy/**'], { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => relative('.', path))
  assert.ok(files.length > 30)
  assert.deepEqual(
    files.filter((file) => !readers.some(([pattern]) => pattern.test(file))),
    [],
  )
  for (const [pattern, reader] of readers) {
    assert.ok(existsSync(reader), reader)
    assert.ok(
      files.some((file) => pattern.test(file)),
      `${pattern} stands for nothing`,
    )
  }
})

test('kustomize: every file is named by a kustomization', () => {
  for (const folder of globSync('deploy/kubernetes/*')) {
    const kustomization = readFileSync(join(folder, 'kustomization.yaml'), 'utf8')
    for (const file of globSync(`${folder}/*.yaml`).map((path) => basename(path))) {
      if (file !== 'kustomization.yaml') assert.ok(kustomization.includes(file), `${folder}/${file}`)
    }
  }
})

for (const [builder, format] of [
  ['docker', false],
  ['podman', true],
  ['buildah', true],
] as const) {
  test(`make image: with ${builder}${format ? ', whose own format has no health check' : ''}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'outrigger-builder-'))
    writeFileSync(join(folder, builder), '#!/bin/bash\necho "$@"\n', { mode: 0o755 })
    const dirname = spawnSync('sh', ['-c', 'command -v dirname'], { encoding: 'utf8' }).stdout.trim()
    symlinkSync(dirname, join(folder, 'dirname'))
    const built = spawnSync('/bin/bash', ['deploy/docker/build.sh', 'me/outrigger:1', '--no-cache'], {
      encoding: 'utf8',
      env: { PATH: folder },
    })
    rmSync(folder, { recursive: true })
    assert.equal(built.status, 0, built.stderr)
    assert.equal(/^build --format docker /.test(built.stdout), format)
    assert.match(built.stdout, /-f deploy\/docker\/Dockerfile -t me\/outrigger:1 --build-arg COMMIT=\S+ --no-cache \.$/m)
  })
}
