import { join } from 'node:path'
import { freePorts } from '../../support/relay-process.ts'
import { type Bench, listening } from '../bench.ts'
import type { Upstream } from '../relays/relay.ts'

const program = join(import.meta.dirname, '../programs/paced-upstream.ts')

/** Starts an upstream that sends a stream's chunks one by one; a path says how many milliseconds lie between them, and how many there are. */
export async function startPaced(bench: Bench, paths: Upstream['paths']): Promise<Upstream> {
  const [port = 0] = await freePorts(1)
  await listening(bench.run({ core: '1', command: process.execPath, args: [program, String(port)] }), port)
  return { origin: `http://127.0.0.1:${port}`, paths }
}

/** Ends all streams that are under way: a relay that goes on reading when its callers have gone would be a burden to the next one. */
export async function endPaced({ origin }: Upstream): Promise<void> {
  await fetch(`${origin}/end`)
}
