import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A Redis of its own for a test; what it keeps is in memory alone. */
export type RedisServer = {
  readonly url: string
  readonly port: number
  /** At once, as by a crash. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly pause: () => void
  readonly resume: () => void
}

/** Why there is none here; undefined when there is. */
export function redisMissing(): string | undefined {
  return spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed here'
}

/** `args` go to the server: it is a cluster's node, a replica, a sentinel. `program` is another one than that of the PATH. */
export async function startRedis(port: number, args: readonly string[] = [], program = 'redis-server'): Promise<RedisServer> {
  let child: ChildProcess | undefined
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-redis-'))
  const usual = ['--port', String(port), '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', '--dir', folder]
  const start = async (): Promise<void> => {
    child = spawn(program, [...(args.includes('--sentinel') ? [] : usual), ...args], { stdio: 'ignore' })
    for (let tries = 0; tries < 200; tries++) {
      if (await answers(port)) return
      await sleep(50)
    }
    throw new Error('redis-server did not start')
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    async stop() {
      const running = child
      if (running === undefined) return
      child = undefined
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGKILL')
      await ended
      rmSync(join(folder, 'nodes.conf'), { force: true })
    },
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
  }
}

/** One node that has all slots. */
export async function startRedisCluster(port: number): Promise<RedisServer> {
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-announce-ip', '127.0.0.1']
  const server = await startRedis(port, args)
  redisCli(port, ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
  for (let tries = 0; tries < 100; tries++) {
    if (redisCli(port, ['CLUSTER', 'INFO']).includes('cluster_state:ok')) return server
    await sleep(100)
  }
  throw new Error('the cluster did not come up')
}

/** A sentinel that watches the master at that port and would put its replica in its place within seconds. */
export function startSentinel(port: number, masterPort: number): Promise<RedisServer> {
  const file = join(mkdtempSync(join(tmpdir(), 'outrigger-sentinel-')), 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 3000',
  ]
  writeFileSync(file, lines.join('\n'))
  return startRedis(port, [file, '--sentinel'])
}

/** TLS alone, with a certificate that it makes for itself; gives its path. */
export async function startRedisTls(port: number): Promise<RedisServer & { readonly certificate: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-'))
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr.toString()}`)
  const args = ['--port', '0', '--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key]
  const server = await startRedis(port, [...args, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'])
  return { ...server, url: `rediss://localhost:${port}`, certificate }
}

/** The answer of one command. */
export function redisCli(port: number, command: readonly string[], flags: readonly string[] = []): string {
  return spawnSync('redis-cli', ['-p', String(port), ...flags, ...command], { encoding: 'utf8' }).stdout
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
