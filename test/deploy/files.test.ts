import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadFile } from '#config/load.ts'
import { asArray, asObject, asString } from '#lib/json.ts'

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
