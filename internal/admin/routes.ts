import { parseJson } from '#lib/json.ts'
import type { AdminRoutes } from './admin.ts'
import { json, text } from './admin-answer.ts'
import type { Live } from './live.ts'
import { pageRoutes } from './page-routes.ts'

/** Where the process stands. Readiness never depends on providers: a sidecar that is not ready takes its application down. */
export type Lifecycle = { readonly started: boolean; readonly draining: boolean }

export type AdminPorts = {
  readonly lifecycle: () => Lifecycle
  readonly status: () => unknown
  /** The same, again and again. */
  readonly live: Live
  /** The effective configuration, secrets masked. */
  readonly config: () => unknown
  readonly metrics: (accept: string) => Promise<{ readonly contentType: string; readonly body: string }>
  /** The plan that a request of this shape would get now; undefined when the shape cannot be read. */
  readonly explain: (shape: unknown) => { readonly status: number; readonly body: unknown }
  /** Begins to drain; the process ends when the last request has. */
  readonly drain: () => void
  /** False when the level is none. */
  readonly setLogLevel: (level: string) => boolean
}

/** What kubelets and Prometheus ask: answered under whatever name they know this port by. */
export const openPaths: ReadonlySet<string> = new Set([
  '/livez',
  '/liveness',
  '/readyz',
  '/readiness',
  '/startupz',
  '/startup',
  '/metrics',
])

export function adminRoutes(ports: AdminPorts): AdminRoutes {
  const live = (): ReturnType<typeof text> => text(200, 'ok\n')
  const ready = (): ReturnType<typeof text> => {
    const { started, draining } = ports.lifecycle()
    if (draining) return text(503, 'draining\n')
    return started ? text(200, 'ok\n') : text(503, 'starting\n')
  }
  const startup = (): ReturnType<typeof text> => (ports.lifecycle().started ? text(200, 'ok\n') : text(503, 'starting\n'))
  return {
    'GET /livez': live,
    'GET /liveness': live,
    'GET /readyz': ready,
    'GET /readiness': ready,
    'GET /startupz': startup,
    'GET /startup': startup,
    ...pageRoutes(),
    'GET /events': () => ports.live,
    'GET /status': () => json(200, ports.status()),
    'GET /config': () => json(200, ports.config()),
    'POST /explain': ({ body }) => {
      const parsed = parseJson(body === '' ? '{}' : body)
      if (!parsed.ok) return json(400, { error: 'invalid_json', message: parsed.error })
      const answer = ports.explain(parsed.value)
      return json(answer.status, answer.body)
    },
    'GET /metrics': async ({ accept }) => {
      const { contentType, body } = await ports.metrics(accept)
      return { status: 200, contentType, body }
    },
    'POST /drain': () => {
      ports.drain()
      return text(202, 'draining\n')
    },
    'PUT /loglevel': ({ body }) => {
      const level = body.trim()
      return ports.setLogLevel(level)
        ? text(200, `${level}\n`)
        : text(400, 'the level is trace, debug, info, warn, error or fatal\n')
    },
  }
}
