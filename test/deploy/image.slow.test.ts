import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { asArray, asNumber, asObject, parseJson } from '#lib/json.ts'
import { type ContainerTools, openContainerTools, whyNoContainers } from '../support/image-builder.ts'

const root = join(import.meta.dirname, '../..')
const image = 'localhost/outrigger:test'
const skip = whyNoContainers() ?? false
const podman = ['--runtime', 'runc', '--cgroup-manager=cgroupfs']
/** As a pod under restricted security has it. */
const restricted = [
  '--network=none',
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--memory=256m',
  '--ulimit=nofile=4096:4096',
  '--ulimit=nproc=4096:4096',
]

let tools: ContainerTools | undefined
/** Why no container can be run here although all programs are there. */
let unable: string | undefined
const folders: string[] = []

before(
  () => {
    if (skip !== false) return
    try {
      tools = openContainerTools()
    } catch (error) {
      unable = String(error)
      return
    }
    tools.run(
      'buildah',
      'bud',
      '--format=docker',
      '--pull-never',
      '--build-arg=COMMIT=abc1234',
      '-f',
      join(root, 'deploy/docker/Dockerfile'),
      '-t',
      image,
      root,
    )
    const first = tools.attempt('podman', ...podman, 'run', '--rm', ...restricted, image, '--version')
    if (first.status !== 0) unable = `podman cannot run a container: ${first.output.slice(-500)}`
  },
  { timeout: 1_200_000 },
)
after(() => {
  tools?.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function containers(t: TestContext): ContainerTools | undefined {
  if (tools === undefined || unable !== undefined) return void t.skip(unable ?? 'no containers here')
  return tools
}

/** A folder as the kubelet makes it of a ConfigMap: `..data` leads to the files, and is swapped as a whole. */
function configMap(): { readonly path: string; readonly write: (files: Readonly<Record<string, string>>) => void } {
  const path = mkdtempSync(join(tmpdir(), 'outrigger-map-'))
  folders.push(path)
  let version = 0
  return {
    path,
    write(files) {
      const before = `..${version++}`
      const now = `..${version}`
      mkdirSync(join(path, now))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, now, name), text)
      symlinkSync(now, join(path, '..tmp'))
      renameSync(join(path, '..tmp'), join(path, '..data'))
      if (version === 1) for (const name of Object.keys(files)) symlinkSync(`..data/${name}`, join(path, name))
      rmSync(join(path, before), { recursive: true, force: true })
      spawnSyncOk('chmod', '-R', 'a+rX', path)
    },
  }
}

function spawnSyncOk(program: string, ...args: readonly string[]): void {
  tools?.run(program, ...args)
}

const routing = (models: string): string => `version: 1
providers: { near: { type: openai-compatible, base_url: "http://127.0.0.1:9000/v1", api_key: "\${file:/etc/keys/near}", health: { probe: off } } }
models: { ${models} }
`

/** Runs the relay with these folders; gives its id and the process that is 1 in there. */
function startRelay({ run }: ContainerTools, config: string, keys: string): { readonly id: string; readonly pid: string } {
  const mounts = ['-v', `${config}:/etc/outrigger:ro`, '-v', `${keys}:/etc/keys:ro`]
  // As the manifests of the sidecar have it.
  const env = ['-e', 'OUTRIGGER_LISTEN=127.0.0.1:7070']
  const id = run('podman', ...podman, 'run', '-d', ...restricted, ...mounts, ...env, image, 'serve', '--drain-timeout', '15s')
  return { id, pid: run('podman', 'inspect', '--format={{.State.Pid}}', id) }
}

async function healthy({ attempt, run }: ContainerTools, id: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (attempt('podman', ...podman, 'exec', id, '/outrigger', 'healthcheck').status === 0) return
    await sleep(100)
  }
  assert.fail(run('podman', 'logs', id))
}

/** Runs the application in the network of process `pid`; `stop` gives what it tells at its end. */
function startApp(pid: string): { readonly stop: () => Promise<ReturnType<typeof asObject>> } {
  const child = spawn('nsenter', ['-t', pid, '-n', process.execPath, join(root, 'test/support/pod-app.ts')], { cwd: root })
  let told = ''
  child.stdout.on('data', (text) => {
    told += String(text)
  })
  child.stderr.pipe(process.stderr)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
      const parsed = parseJson(told)
      assert.ok(parsed.ok, told)
      return asObject(parsed.value)
    },
  }
}

test('the image: a numeric user, a health check, a commit; neither a shell nor anything else is in it', { skip }, (t) => {
  const using = containers(t)
  if (using === undefined) return
  const { run, attempt } = using
  assert.equal(run('podman', 'image', 'inspect', '--format={{.Config.User}}', image), '65532:65532')
  assert.match(run('podman', 'image', 'inspect', '--format={{.Config.Healthcheck}}', image), /\/outrigger healthcheck/)
  const version = run('podman', ...podman, 'run', '--rm', ...restricted, image, '--version')
  assert.match(version, /\(abc1234\)/)
  const shell = attempt('podman', ...podman, 'run', '--rm', ...restricted, '--entrypoint=sh', image, '-c', 'true')
  assert.notEqual(shell.status, 0)
  const bytes = Number(run('podman', 'image', 'inspect', '--format={{.Size}}', image))
  assert.ok(bytes < 160 * 1024 * 1024, `${bytes} bytes`)
})

test('a pod: no request of the application is lost through start, reloads, a new key, and the end of both', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const using = containers(t)
  if (using === undefined) return
  const [config, keys] = [configMap(), configMap()]
  config.write({ 'routing.yaml': routing('m: { targets: [near/a] }') })
  keys.write({ near: 'first-key' })
  // The relay starts before the application and is ready when it begins.
  const { id, pid } = startRelay(using, config.path, keys.path)
  await healthy(using, id)
  const app = startApp(pid)
  await sleep(1500)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  assert.match(status, /^Uid:\s+65532\s+65532/m)
  assert.match(status, /^NSpid:.*\s1$/m)
  assert.match(status, /^CapEff:\s+0+$/m)
  assert.match(status, /^NoNewPrivs:\s+1$/m)
  for (const model of ['b', 'c', 'd']) {
    config.write({ 'routing.yaml': routing(`m: { targets: [near/${model}] }`) })
    await sleep(500)
  }
  keys.write({ near: 'second-key' })
  await sleep(2500)
  const told = await app.stop()
  assert.deepEqual(told['failures'], [])
  assert.ok((asNumber(told['answered']) ?? 0) > 100, JSON.stringify(told))
  assert.deepEqual(asArray(told['keys']), ['Bearer first-key', 'Bearer second-key'])
  // The application has ended before the relay does.
  using.run('podman', ...podman, 'stop', '-t', '20', id)
  assert.equal(using.run('podman', 'inspect', '--format={{.State.ExitCode}} {{.State.OOMKilled}}', id), '0 false')
  const log = using.run('podman', 'logs', id)
  assert.equal(log.match(/"config reloaded"/g)?.length, 3, log.slice(-2000))
  assert.match(log, /"stopped"/)
})

test('a pod: SIGTERM while requests run lets them end', { skip, timeout: 60_000 }, async (t) => {
  const using = containers(t)
  if (using === undefined) return
  const [config, keys] = [configMap(), configMap()]
  config.write({ 'routing.yaml': routing('m: { targets: [near/a] }') })
  keys.write({ near: 'k' })
  const { id, pid } = startRelay(using, config.path, keys.path)
  await healthy(using, id)
  const app = startApp(pid)
  await sleep(1000)
  using.run('podman', ...podman, 'kill', '-s', 'TERM', id)
  assert.equal(using.run('podman', 'wait', id), '0')
  const told = await app.stop()
  // Later requests find nobody, as they must; those that had begun got their whole answers.
  for (const failure of asArray(told['failures'])) assert.match(String(failure), /ECONNREFUSED|ECONNRESET/)
  assert.ok((asNumber(told['answered']) ?? 0) > 10)
})
