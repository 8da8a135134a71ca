import { hostname } from 'node:os'
import { type AdminHandler, adminHandler } from '#admin/admin.ts'
import { json, text } from '#admin/admin-answer.ts'
import { createLive } from '#admin/live.ts'
import { mergeFacts } from '#admin/merge-facts.ts'
import { openPaths } from '#admin/routes.ts'
import type { StatusFacts } from '#admin/status-facts.ts'
import { statusView } from '#admin/status-view.ts'
import { createClock } from '#lib/clock.ts'
import type { Logger } from '#telemetry/log.ts'

export type WorkersStatusDeps = {
  /** What each worker knows. */
  readonly ask: () => Promise<readonly StatusFacts[]>
  readonly draining: () => boolean
  /** Names of the operators' port. */
  readonly hosts: readonly string[]
  readonly log: Logger
}

/** `/status` and `/events` of all workers as one. */
export function workersStatus({ ask, draining, hosts, log }: WorkersStatusDeps): AdminHandler {
  const read = async (): Promise<unknown> => {
    const facts = mergeFacts(await ask())
    if (facts === undefined) return undefined
    return statusView({ ...facts, lifecycle: { ...facts.lifecycle, draining: draining() } })
  }
  const live = createLive({ clock: createClock(), read })
  return adminHandler({
    routes: {
      'GET /status': async () => {
        const status = await read()
        return status === undefined ? text(503, 'starting\n') : json(200, status)
      },
      'GET /events': () => live,
    },
    guard: { hosts: () => [hostname(), ...hosts], open: openPaths },
    onBug: (error) => log.error({ err: error }, 'error inside the admin port'),
  })
}
