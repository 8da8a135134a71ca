import type { Section } from './section.ts'
import { connections } from './sections/connections.ts'
import { memory } from './sections/memory.ts'
import { reload } from './sections/reload.ts'
import { requests } from './sections/requests.ts'
import { stalls } from './sections/stalls.ts'
import { start } from './sections/start.ts'
import { streams } from './sections/streams.ts'
import { tls } from './sections/tls.ts'

/** All parts of the benchmark, in the order of the page. */
export const sections: readonly Section[] = [requests, tls, connections, streams, memory, stalls, start, reload]
