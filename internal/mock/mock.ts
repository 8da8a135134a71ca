import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Address, parseAddress } from '#lib/address.ts'
import { type Controls, control, controlPrefix } from './control.ts'
import { createInjector } from './fault-injector.ts'
import { type FaultPlan, soundPlan } from './fault-plan.ts'
import { respond } from './faulty.ts'
import { type Listener, openListener } from './listener.ts'
import { perform } from './performer.ts'
import { createRecorder, type MockStats, type SeenCall } from './recorder.ts'
import { createResponder, type IncomingCall, type MockProvider, type MockWorld, type Responder } from './responder.ts'
import { createTimers, type Timers } from './timers.ts'

/** A provider of the mock and where it listens: `host:port`, `:port`, `unix:/path`; default a free port of 127.0.0.1. */
export type MockProviderOptions = MockProvider & { readonly listen?: string }

/** What a mock is made from. */
export type MockOptions = {
  readonly providers: readonly MockProviderOptions[]
  /** What goes wrong from the start. Default: nothing. */
  readonly plan?: FaultPlan
  /** How many calls are kept with their bodies. Default 100. */
  readonly keep?: number
  /** Seconds since the epoch, for `created`. Default: the real time. */
  readonly nowSeconds?: () => number
}

/** Mock providers that run. */
export type Mock = {
  readonly providers: readonly { readonly name: string; readonly url: string }[]
  /** Changes what goes wrong, from the next call on; the plan begins at its beginning. */
  readonly setFaults: (plan: FaultPlan) => void
  readonly stats: () => MockStats
  /** How often each rule of the plan has fired, in the plan's order. */
  readonly fired: () => readonly number[]
  /** The last calls with their bodies and headers, oldest first. */
  readonly calls: () => readonly SeenCall[]
  /** Forgets what happened; the fault plan begins again. */
  readonly reset: () => void
  /** Breaks every connection, ends every timer, closes the ports. */
  readonly close: () => Promise<void>
}

/** Starts mock providers. The promise is broken when an address is wrong or taken. */
export async function createMock(options: MockOptions): Promise<Mock> {
  const timers = createTimers()
  const recorder = createRecorder(options.keep ?? 100)
  let plan = options.plan ?? soundPlan
  let injector = createInjector(plan)
  let answers = 0
  const setFaults = (next: FaultPlan): void => {
    plan = next
    injector = createInjector(next)
  }
  const world: MockWorld = {
    injector: () => injector,
    tempo: () => ({ firstTokenMs: plan.latency.first_token, before: 'headers', chunkMs: plan.latency.chunk }),
    recorder,
    nextNumber: () => ++answers,
    nowSeconds: options.nowSeconds ?? (() => Math.floor(Date.now() / 1000)),
  }
  const reset = (): void => {
    recorder.reset()
    answers = 0
    injector = createInjector(plan)
  }
  const fired = (): readonly number[] => injector.fired()
  const controls: Controls = { recorder, plan: () => plan, fired, setFaults, reset }
  const listeners = await openAll(options.providers, timers, (provider) => ({
    respondTo: createResponder(provider, world),
    controls,
    timers,
  }))
  return {
    providers: options.providers.map(({ name }, index) => ({ name, url: listeners[index]?.url ?? '' })),
    setFaults,
    stats: () => recorder.stats(),
    fired,
    calls: () => recorder.calls(),
    reset,
    async close() {
      timers.clear()
      await Promise.all(listeners.map((listener) => listener.close()))
    },
  }
}

async function openAll(
  providers: readonly MockProviderOptions[],
  timers: Timers,
  portOf: (provider: MockProvider) => Omit<Port, 'refuse'>,
): Promise<readonly Listener[]> {
  const addresses = providers.map(({ listen }) => addressOf(listen ?? '127.0.0.1:0'))
  const opened: Listener[] = []
  try {
    for (const [index, provider] of providers.entries()) {
      const address = addresses[index]
      if (address === undefined) continue
      const port = portOf(provider)
      const listener: Listener = await openListener(address, timers, (request, response) =>
        take(request, response, { ...port, refuse: (ms) => listener.refuse(ms) }),
      )
      opened.push(listener)
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close()))
    throw error
  }
  return opened
}

function addressOf(listen: string): Address {
  const address = parseAddress(listen)
  if (!address.ok) throw new Error(`the mock cannot listen on ${listen}: ${address.error}`)
  return address.value
}

type Port = {
  readonly respondTo: Responder
  readonly controls: Controls
  readonly timers: Timers
  readonly refuse: (ms: number) => void
}

const maxBodyBytes = 67_108_864

/** Reads a call to its end, then does what the provider does with it. */
function take(request: IncomingMessage, response: ServerResponse, port: Port): void {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
  })
  request.on('end', () => {
    const { controls, timers, refuse } = port
    const steps = size > maxBodyBytes ? respond(413, 'text/plain', 'too large') : stepsFor(request, chunks, port)
    perform(steps, response, { timers, refuse, onCancelled: controls.recorder.cancelled })
  })
}

function stepsFor(request: IncomingMessage, chunks: readonly Buffer[], port: Port): ReturnType<Responder> {
  const call: IncomingCall = {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: headersOf(request),
    body: chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8'),
  }
  return call.url.startsWith(controlPrefix) ? control(call, port.controls) : port.respondTo(call)
}

function headersOf(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return headers
}
