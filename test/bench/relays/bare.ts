import { join } from 'node:path'
import { ok } from '#lib/result.ts'
import { freePorts } from '../../support/relay-process.ts'
import { listening } from '../bench.ts'
import { plainAsk, type RelayKind } from './relay.ts'

const program = join(import.meta.dirname, '../programs/bare-proxy.ts')

/** The least that a relay in Node can do. `h2`: it speaks HTTP/2 with an upstream that offers it. */
export function bareOf(name: string, { h2 }: { readonly h2: boolean }): RelayKind {
  return {
    name,
    async start(bench, upstream) {
      const [port = 0] = await freePorts(1)
      const running = bench.run({
        core: '0',
        command: process.execPath,
        args: [program, String(port), upstream.origin, h2 ? 'h2' : 'h1'],
        env: upstream.ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: upstream.ca },
      })
      const startMs = await listening(running, port)
      return ok({ name, pid: running.pid, startMs, ask: plainAsk(port, upstream) })
    },
  }
}

export const bare = bareOf('bare', { h2: false })
