import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { Config, ModelRoute } from '#config/config.ts'
import type { Dialect, EncodeTarget } from '#dialect/dialect.ts'
import { type Clock, createClock } from '#lib/clock.ts'
import { type FaultPlan, soundPlan } from '#mock/fault-plan.ts'
import type { Prices } from '#pricing/catalogue.ts'
import { ask, drillHints, drillRequest, type Received } from './ask.ts'
import { fasterClock } from './faster-clock.ts'
import { type DrillFault, planFor } from './faults.ts'
import { isExpected, judge, type Reading, read, type Verdict } from './verdict.ts'
import { openWorld } from './world.ts'

export type DrillOptions = {
  readonly config: Config
  readonly prices: Prices
  readonly routes: readonly ModelRoute[]
  readonly faults: readonly DrillFault[]
  readonly dialect: Dialect
  /** How long the client of a request waits, in milliseconds. */
  readonly timeoutMs: number
  /** Whether the client says so in its request. */
  readonly told: boolean
  /** How much faster than life time passes. */
  readonly speed: number
  /** Requests at the same time. */
  readonly parallel: number
}

/** How the answer is asked for. */
export type DrillForm = 'stream' | 'whole'

export const forms: readonly DrillForm[] = ['stream', 'whole']

/** What became of one request under one fault. */
export type DrillResult = {
  /** The key of `models`. */
  readonly route: string
  /** `none` is a request without any fault. */
  readonly fault: string
  readonly form: DrillForm
  readonly verdict: Verdict
  readonly expected: boolean
  /** As it seemed to the client. */
  readonly durationMs: number
  /** Requests to providers. */
  readonly attempts: number
  /** Who gave the answer. */
  readonly target?: string
  /** What the client was told, when it got no answer. */
  readonly error?: string
}

/** How a route answers when all is well: what the faults are compared with. */
type Sound = { readonly text: string; readonly first: Target; readonly others: boolean }

/**
 * Sends one request for each route, fault and form through the relay's own code, with the fault at the target that is asked
 * first, and judges what the client got. A fault that a form or a target cannot have gives no result.
 */
export async function drill(options: DrillOptions): Promise<readonly DrillResult[]> {
  const clock = fasterClock(createClock(), options.speed)
  const trials = options.routes.flatMap((route) => forms.map((form): Trial => ({ ...options, clock, route, form })))
  const sounds = await inParallel(trials, options.parallel, drillSound)
  const tasks = trials.flatMap((trial, index) => {
    const sound = sounds[index]?.sound
    return sound === undefined ? [] : options.faults.map((fault) => ({ trial, fault, sound }))
  })
  const drilled = await inParallel(tasks, options.parallel, drillFault)
  return [...sounds.map(({ result }) => result), ...drilled.filter((one) => one !== undefined)]
}

type Trial = DrillOptions & { readonly clock: Clock; readonly route: ModelRoute; readonly form: DrillForm }

async function drillSound(trial: Trial): Promise<{ readonly result: DrillResult; readonly sound: Sound | undefined }> {
  const request = await oneRequest(trial, soundPlan)
  const { received, reading, targets, ended } = request
  const target = ended?.target
  const isSound = received.ended && reading.end === 'end' && target !== undefined
  const verdict = isSound ? 'rescued' : judge(received, reading, '')
  const others = new Set(targets.map(({ id }) => id)).size > 1
  return {
    result: resultOf(trial, request, { fault: 'none', verdict, expected: isSound }),
    sound: isSound ? { text: reading.text, first: target, others } : undefined,
  }
}

type Task = { readonly trial: Trial; readonly fault: DrillFault; readonly sound: Sound }

// A weighted route may ask another target first: it is tried again until the one with the fault is asked.
const mostTries = 30

async function drillFault({ trial, fault, sound }: Task): Promise<DrillResult | undefined> {
  const plan = planFor(fault, { provider: sound.first.provider, model: sound.first.model }, trial.speed)
  if (!plan.ok) throw new Error(`the drill's own fault ${fault.name} cannot be read: ${plan.error}`)
  for (let tries = 0; tries < mostTries; tries++) {
    const request = await oneRequest(trial, plan.value)
    const { received, reading, fired, asked } = request
    if (fired) {
      const verdict = judge(received, reading, sound.text)
      const expected = isExpected(verdict, fault, sound.others)
      return resultOf(trial, request, { fault: fault.name, verdict, expected })
    }
    // The target was asked and the fault did not strike: it cannot.
    if (asked.has(`${sound.first.provider} ${sound.first.model}`)) return undefined
  }
  return undefined
}

type OneRequest = {
  readonly received: Received
  readonly reading: Reading
  /** How the relay says that it ended. */
  readonly ended: RequestEnded | undefined
  /** Whether the fault struck. */
  readonly fired: boolean
  /** `provider model` of the calls. */
  readonly asked: ReadonlySet<string>
  /** Who may be asked, in no order that counts. */
  readonly targets: readonly Target[]
}

async function oneRequest(trial: Trial, plan: FaultPlan): Promise<OneRequest> {
  const { config, prices, clock, dialect, route, form, timeoutMs, told } = trial
  let ended: RequestEnded | undefined
  const observe: Observer = (event) => {
    if (event.kind === 'request_ended') ended = event
  }
  const world = await openWorld({ config, prices, clock, plan, observe })
  try {
    const request = drillRequest(dialect, route.name.replaceAll('*', 'drill'), form === 'stream')
    const hints = drillHints(told ? timeoutMs : undefined)
    const planned = world.deps.plan({ request, hints }, world.deps.config())
    const received = await ask({ dialect, request, hints, timeoutMs }, world.deps)
    return {
      received,
      reading: read(received, dialect, request, readerOf(trial)),
      ended,
      fired: world.mock.fired().some((count) => count > 0),
      asked: new Set(world.mock.calls().map(({ provider, model = '' }) => `${provider} ${model}`)),
      targets: planned.ok ? planned.value.steps.map(({ target }) => target) : [],
    }
  } finally {
    await world.close()
  }
}

/** What reads the answer for the client knows nothing of any vendor. */
function readerOf({ config, route }: Trial): EncodeTarget {
  const [target] = route.targets
  const provider = target === undefined ? undefined : config.providers.get(target.provider)
  if (target === undefined || provider === undefined) throw new Error(`${route.name} has no target: the file was not checked`)
  return { model: target.model, quirks: { vendor: '' }, traits: provider.type.traitsOf(target.model) }
}

function resultOf(
  { route, form }: Trial,
  { received, reading, ended }: OneRequest,
  judged: Pick<DrillResult, 'fault' | 'verdict' | 'expected'>,
): DrillResult {
  const answered = judged.verdict === 'rescued' ? ended?.target?.id : undefined
  return {
    route: route.name,
    form,
    ...judged,
    durationMs: Math.round(received.durationMs),
    attempts: ended?.attempts.length ?? 0,
    ...(answered === undefined ? {} : { target: answered }),
    ...(reading.error === undefined ? {} : { error: reading.error }),
  }
}

async function inParallel<Item, Made>(
  items: readonly Item[],
  width: number,
  make: (item: Item) => Promise<Made>,
): Promise<readonly Made[]> {
  const made: Made[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index]
      if (item !== undefined) made[index] = await make(item)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return made
}
