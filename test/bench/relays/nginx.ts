import { ok } from '#lib/result.ts'
import { freePorts } from '../../support/relay-process.ts'
import { listening } from '../bench.ts'
import { writeProxy } from '../nginx.ts'
import { plainAsk, type RelayKind } from './relay.ts'

/** nginx as a plain proxy: bytes in, bytes out. */
export const nginx: RelayKind = {
  name: 'nginx',
  async start(bench, upstream) {
    const [port = 0] = await freePorts(1)
    const conf = writeProxy(bench.folder, port, upstream)
    const running = bench.run({ core: '0', command: 'nginx', args: ['-c', conf, '-p', bench.folder] })
    const startMs = await listening(running, port)
    return ok({ name: 'nginx', pid: running.pid, startMs, ask: plainAsk(port, upstream) })
  },
}
