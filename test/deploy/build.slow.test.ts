import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dialects } from '#dialect/registry.ts'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { rssMiB } from '../bench/process-cost.ts'
import { askers } from '../support/askers.ts'
import { freePorts, startRelay } from '../support/relay-process.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const files = ['outrigger.cjs', 'outrigger', 'THIRD-PARTY-LICENSES.txt', 'outrigger.cdx.json'] as const

/** A folder with nothing but the executable. */
let alone = ''
let executable = ''

const build = (): void => void execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'pipe' })
const sumOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(join(dist, name)))
    .digest('hex')

before(() => {
  build()
  alone = mkdtempSync(join(tmpdir(), 'outrigger-alone-'))
  executable = join(alone, 'outrigger')
  copyFileSync(join(dist, 'outrigger'), executable)
})
after(() => {
  if (alone !== '') rmSync(alone, { recursive: true, force: true })
})

test('build: checksums, licences of all that is bundled, a bill of materials', () => {
  const sums = readFileSync(join(dist, 'SHA256SUMS'), 'utf8')
  for (const name of files) assert.ok(sums.includes(`${sumOf(name)}  ${name}\n`), name)
  const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const name of ['undici', 'pino', 'prom-client', 'yaml']) assert.match(licences, new RegExp(`^${name} \\d`, 'm'))
  const bill = parseJson(readFileSync(join(dist, 'outrigger.cdx.json'), 'utf8'))
  assert.ok(bill.ok)
  assert.equal(asObject(bill.value)['bomFormat'], 'CycloneDX')
  const names = asArray(asObject(bill.value)['components']).map((component) => asString(asObject(component)['name']))
  assert.ok(names.includes('undici'))
  assert.ok(!names.includes('esbuild'))
})

test('build: a second one gives the same bytes, but for the seed in the executable’s code cache', () => {
  const same = files.filter((name) => name !== 'outrigger')
  const first = same.map(sumOf)
  build()
  assert.deepEqual(same.map(sumOf), first)
})

test('the executable alone: version, schema, a check, and a whole relay', async () => {
  const { stdout: version } = await run(executable, ['--version'], { cwd: alone })
  assert.match(version, /\d+\.\d+\.\d+/)
  const { stdout: schema } = await run(executable, ['schema'], { cwd: alone, maxBuffer: 8 * 1024 * 1024 })
  assert.ok(parseJson(schema).ok)
  // Among the rest a file of clients, tokens and patterns, whose packages are loaded for such files alone.
  const { stdout: checked } = await run(executable, ['check', join(root, 'configs/everything.yaml')], { cwd: alone })
  assert.match(checked, /everything\.yaml: good/)
  const mock = await startMocks(dialects)
  const url = mock.providers.find(({ name }) => name === 'openai')?.url ?? ''
  const relay = await startRelay(
    `version: 1\nproviders:\n  openai: { api_key: k, base_url: "${url}/v1" }\nmodels:\n  m: { targets: [openai/x] }\n`,
    {
      command: [executable],
    },
  )
  try {
    const asked = await askers.chat(relay.url, { model: 'm', stream: true })
    assert.equal(asked.text.trim().split(/\s+/).length, 60)
    const page = await fetch(relay.adminUrl)
    assert.match(await page.text(), /<title>/)
  } finally {
    assert.equal(await relay.stop(), 0)
    await mock.close()
  }
})

test('the executable: the compiled code that the build kept of it is taken', async () => {
  const env = { ...process.env, NODE_DEBUG: 'outrigger' }
  const { stderr } = await run(executable, ['schema'], { cwd: alone, env })
  for (const piece of ['main', 'core']) assert.match(stderr, new RegExp(`${piece}: compiled code taken`))
  // What runs every few seconds beside the relay loads no more than it needs.
  const { stderr: quick } = await run(executable, ['healthcheck', '--admin', '127.0.0.1:1'], { cwd: alone, env }).catch(
    (error: { readonly stderr: string }) => error,
  )
  assert.match(quick, /no relay answers/)
  assert.doesNotMatch(quick, /core:/)
})

test('the executable: what it loads when it is first wanted: HTTP/2, signatures for Amazon, Google’s tokens, workers, traces, Redis, watched files, patterns', async () => {
  const suites = [
    'test/e2e/bedrock.test.ts',
    'test/e2e/http2.test.ts',
    'test/e2e/vertex.test.ts',
    'test/e2e/workers.test.ts',
    'test/operators/traces.test.ts',
    'test/e2e/reload-places.test.ts',
    'test/gateway/guardrails.test.ts',
    'test/gateway/redis.slow.test.ts',
  ]
  // Not as a part of this run: the runner would take it for a file that tests itself.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=spec', ...suites], {
    cwd: root,
    env: { ...env, OUTRIGGER_TEST_EXECUTABLE: executable, NODE_DEBUG: 'outrigger' },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { readonly stdout?: string }) => assert.fail(error.stdout ?? String(error)))
  assert.match(stdout, /^ℹ fail 0$/m)
})

test('the executable: how soon it listens, and what it holds when idle', {
  skip: existsSync('/proc/self/status') ? false : 'no /proc',
}, async () => {
  const starts: number[] = []
  let idle = 0
  for (let round = 0; round < 5; round++) {
    const [listen, admin] = await freePorts(2)
    const startedMs = performance.now()
    const child = spawn(executable, ['demo', '--listen', `127.0.0.1:${listen}`, '--admin', `127.0.0.1:${admin}`], {
      cwd: alone,
      stdio: 'ignore',
    })
    while (!(await answers(`http://127.0.0.1:${admin}/livez`))) await sleep(2)
    starts.push(performance.now() - startedMs)
    if (round === 0) {
      await sleep(3000)
      idle = rssMiB(child.pid ?? 0)
    }
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
  }
  const median = starts.toSorted((a, b) => a - b)[2] ?? 0
  console.log(`from spawn to the first answer: ${median.toFixed(0)} ms; idle: ${idle.toFixed(0)} MiB`)
  // Far above what is aimed at: a busy machine must not fail it.
  assert.ok(median < 2000 && idle < 250)
})

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
