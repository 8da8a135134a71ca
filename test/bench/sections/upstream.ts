import { freePorts } from '../../support/relay-process.ts'
import { type Bench, listening } from '../bench.ts'
import { makeCertificate, writeUpstream } from '../nginx.ts'
import type { Upstream } from '../relays/relay.ts'

const paths = { whole: '/v1', stream: '/stream', protocol: '/protocol' }

/** Starts nginx as the upstream: `whole` answers, `stream`s in one go, and `protocol`, which says what it was asked in. */
export async function startUpstream(bench: Bench): Promise<Upstream> {
  const [plain = 0] = await freePorts(1)
  await run(bench, writeUpstream(bench.folder, { plain }), plain)
  return { origin: `http://127.0.0.1:${plain}`, paths }
}

/** The same with TLS: one that speaks HTTP/1.1 only, and one that prefers HTTP/2. */
export async function startTlsUpstreams(bench: Bench): Promise<{ readonly h1: Upstream; readonly h2: Upstream }> {
  const ca = makeCertificate(bench.folder)
  const [plain = 0, h1 = 0, h2 = 0] = await freePorts(3)
  await run(bench, writeUpstream(bench.folder, { plain, tls: { h1, h2 } }), plain)
  const at = (port: number): Upstream => ({ origin: `https://127.0.0.1:${port}`, paths, ca })
  return { h1: at(h1), h2: at(h2) }
}

async function run(bench: Bench, conf: string, port: number): Promise<void> {
  await listening(bench.run({ core: '1', command: 'nginx', args: ['-c', conf, '-p', bench.folder] }), port)
}
