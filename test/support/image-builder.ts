import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Programs that build and run containers without a daemon, with a storage of their own. */
export type ContainerTools = {
  /** Gives what a program printed; throws with what it complained of. */
  readonly run: (program: string, ...args: readonly string[]) => string
  /** The same, but tells how it ended. */
  readonly attempt: (program: string, ...args: readonly string[]) => { readonly status: number | null; readonly output: string }
  readonly close: () => void
}

/** The image that the Dockerfile builds upon, by the name it has there. */
const buildBase = 'docker.io/library/node:26-bookworm-slim'
// Where a Debian of an earlier run lies: making it takes a minute or two.
const cache = process.env['OUTRIGGER_TEST_CACHE'] ?? join(tmpdir(), 'outrigger-test-cache')
const mostMs = 900_000

/** Why containers can be neither built nor run here; undefined when they can. */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root'
  const missing = ['buildah', 'podman', 'runc', 'debootstrap'].filter((name) => !has(name))
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed here`
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** A storage with the base image in it: a Debian, this Node and its npm. No registry is asked for images. */
export function openContainerTools(): ContainerTools {
  const home = mkdtempSync(join(tmpdir(), 'outrigger-containers-'))
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: join(home, 'storage.conf'), BUILDAH_ISOLATION: 'chroot' }
  const attempt: ContainerTools['attempt'] = (program, ...args) => {
    const ended = spawnSync(program, args, { env, encoding: 'utf8', timeout: mostMs, maxBuffer: 64 * 1024 * 1024 })
    return { status: ended.status, output: ended.status === 0 ? ended.stdout : `${ended.stdout}${ended.stderr}` }
  }
  const run: ContainerTools['run'] = (program, ...args) => {
    const { status, output } = attempt(program, ...args)
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${output.slice(-4000)}`)
    return output.trim()
  }
  const tools: ContainerTools = {
    run,
    attempt,
    close() {
      attempt('podman', 'rm', '-af')
      attempt('buildah', 'rm', '-a')
      // Its mounts end with the containers; what is left of one must not keep the test from ending.
      spawnSync('rm', ['-rf', home])
    },
  }
  try {
    chooseDriver(home, tools)
    makeBase(tools)
  } catch (error) {
    tools.close()
    throw error
  }
  return tools
}

/** overlay where the kernel lets us, else whole copies. */
function chooseDriver(home: string, { attempt }: ContainerTools): void {
  for (const driver of ['overlay', 'vfs']) {
    const conf = `[storage]\ndriver="${driver}"\ngraphroot="${home}/${driver}"\nrunroot="${home}/run-${driver}"\n`
    writeFileSync(join(home, 'storage.conf'), conf)
    if (attempt('buildah', 'from', 'scratch').status === 0) return
  }
  throw new Error('no storage driver works here')
}

function makeBase({ run }: ContainerTools): void {
  const debian = debianFolder(run)
  const container = run('buildah', 'from', 'scratch')
  run('buildah', 'add', '-q', container, debian, '/')
  run('buildah', 'add', '-q', container, realpathSync(process.execPath), '/usr/local/bin/node')
  run('buildah', 'add', '-q', container, npmFolder(run), '/usr/local/lib/node_modules/npm')
  // Networks with a certificate of their own.
  const certificates = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  if (existsSync(certificates)) {
    run('buildah', 'add', '-q', container, certificates, '/etc/ssl/extra-certificates.pem')
    run('buildah', 'config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/extra-certificates.pem', container)
  }
  run('buildah', 'config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container)
  run('buildah', 'commit', '-q', '--rm', container, buildBase)
}

/** A minimal Debian with what Node and the build want, made once. */
function debianFolder(run: ContainerTools['run']): string {
  const folder = join(cache, 'bookworm')
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'making-'))
  run('debootstrap', '--variant=minbase', '--include=libatomic1,binutils,make', 'bookworm', fresh)
  rmSync(join(fresh, 'var/cache/apt/archives'), { recursive: true, force: true })
  mkdirSync(join(fresh, 'var/cache/apt/archives/partial'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(fresh, 'usr/local/bin/npm'))
  renameSync(fresh, folder)
  return folder
}

function npmFolder(run: ContainerTools['run']): string {
  return dirname(dirname(realpathSync(run('sh', '-c', 'command -v npm'))))
}
