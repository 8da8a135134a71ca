import type { Json } from '#canonical/request.ts'
import { type FaultPlan, parseFaultPlan } from './fault-plan.ts'
import { respond } from './faulty.ts'
import type { Recorder, SeenCall } from './recorder.ts'
import type { IncomingCall } from './responder.ts'
import type { Step } from './timeline.ts'

/** What the paths below `/__mock` can do. */
export type Controls = {
  readonly recorder: Recorder
  readonly plan: () => FaultPlan
  /** How often each rule of the plan has fired. */
  readonly fired: () => readonly number[]
  readonly setFaults: (plan: FaultPlan) => void
  readonly reset: () => void
}

/** Where the mock is steered from while it runs. */
export const controlPrefix = '/__mock/'

/** Answers a call to a path below `/__mock`. */
export function control(call: IncomingCall, controls: Controls): readonly Step[] {
  switch (`${call.method} ${call.url.split('?', 1)[0]?.slice(controlPrefix.length)}`) {
    case 'GET stats':
      return json(200, { ...controls.recorder.stats(), fired: controls.fired(), calls: controls.recorder.calls().map(masked) })
    case 'GET faults':
      return json(200, controls.plan())
    case 'PUT faults':
      return putFaults(call.body, controls)
    case 'POST reset':
      controls.reset()
      return json(200, { ok: true })
    default:
      return json(404, { error: 'GET /__mock/stats, GET or PUT /__mock/faults, POST /__mock/reset' })
  }
}

function putFaults(text: string, controls: Controls): readonly Step[] {
  const plan = parseFaultPlan(text)
  if (!plan.ok) return json(400, { problems: plan.error })
  controls.setFaults(plan.value)
  return json(200, { ok: true, faults: plan.value.faults.length })
}

const secretHeaders = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'cookie'])

/** The call as it may be shown: a mock may stand behind a relay that has real keys. */
function masked(call: SeenCall): Json {
  const headers = Object.entries(call.headers).map(([name, value]) => [name, secretHeaders.has(name) ? '***' : value])
  return { ...call, path: call.path.replace(/([?&]key=)[^&]*/, '$1***'), headers: Object.fromEntries(headers) }
}

function json(status: number, body: unknown): readonly Step[] {
  return respond(status, 'application/json', `${JSON.stringify(body)}\n`)
}
