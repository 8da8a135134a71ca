import type { Section } from './section.ts'
import { connections } from './sections/connections.ts'
import { requests } from './sections/requests.ts'
import { tls } from './sections/tls.ts'

/** All parts of the benchmark, in the order of the page. */
export const sections: readonly Section[] = [requests, tls, connections]
