import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate } from './certificate.ts'

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

const slots = 16_384

/** Several masters that share the slots. The first gives its address, as one of them is enough to find the others. */
export async function startRedisCluster(ports: readonly number[], busPorts: readonly number[]): Promise<readonly RedisServer[]> {
  const share = Math.ceil(slots / ports.length)
  const servers = await Promise.all(
    ports.map((port, at) => {
      const bus = ['--cluster-port', String(busPorts[at]), '--cluster-announce-ip', '127.0.0.1']
      return startRedis(port, ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', ...bus])
    }),
  )
  for (const [at, port] of ports.entries()) {
    redisCli(port, ['CLUSTER', 'ADDSLOTSRANGE', String(at * share), String(Math.min(slots, (at + 1) * share) - 1)])
    redisCli(port, ['CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1)])
    redisCli(port, ['CLUSTER', 'MEET', '127.0.0.1', String(ports[0]), String(busPorts[0])])
  }
  for (let tries = 0; tries < 100; tries++) {
    const whole = (port: number): boolean => {
      const info = redisCli(port, ['CLUSTER', 'INFO'])
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${ports.length}`)
    }
    if (ports.every(whole)) return servers
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

export type RedisTls = RedisServer & { readonly certificate: string; readonly key: string }

/** TLS alone, with a certificate that it makes for itself, and for those who want in: without it nobody is. Gives the paths. */
export async function startRedisTls(port: number): Promise<RedisTls> {
  const { certificate, key } = makeCertificate()
  const args = ['--port', '0', '--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key]
  const server = await startRedis(port, [...args, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'yes'])
  return { ...server, url: `rediss://localhost:${port}`, certificate, key }
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
