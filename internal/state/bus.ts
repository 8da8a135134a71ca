import { randomBytes } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { createPresence } from './presence.ts'
import type { RedisPort } from './redis-port.ts'

/** What instances tell each other at once, and nobody keeps. What is lost is lost: nothing that counts goes this way. */
export type Bus = {
  readonly publish: (message: object) => void
  /** Messages of the others, with a name for each of them. */
  readonly onMessage: (listener: (message: unknown, from: string) => void) => void
  /** Another instance was heard of for the first time: it knows nothing of what was said before. */
  readonly onNew: (listener: () => void) => void
  /** How many others there are. */
  readonly others: () => number
  readonly close: () => void
}

export type BusOptions = {
  readonly port: Pick<RedisPort, 'publish' | 'subscribe'>
  readonly channel: string
  readonly clock: Clock
  /** Whether the server answers. */
  readonly isUp: () => boolean
  /** The server does not let us hear or say anything there: instances know nothing of each other. */
  readonly onRefused: (error: unknown) => void
}

const beatMs = 5000
const subscribeAgainMs = 2000
// Longer ones were not written by one of us.
const longestMessage = 4096

export function createBus({ port, channel, clock, isUp, onRefused }: BusOptions): Bus {
  const self = randomBytes(9).toString('base64url')
  const presence = createPresence(clock.now, isUp)
  const listeners: ((message: unknown, from: string) => void)[] = []
  const welcomes: (() => void)[] = []
  let cancel = (): void => {}
  let closed = false

  // Where the server is gone, others tell that.
  const told = (error: unknown): void => {
    if (isUp() && !closed) onRefused(error)
  }
  const publish = (message: object): void => {
    // While the server is gone there is nobody to hear it.
    if (isUp() && !closed) port.publish(channel, JSON.stringify({ from: self, ...message })).catch(told)
  }
  const hear = (text: string): void => {
    const message = readMessage(text)
    if (message === undefined || message.from === self) return
    if (presence.heard(message.from)) for (const welcome of welcomes) welcome()
    if (message.content['kind'] !== 'here') for (const listen of listeners) listen(message.content, message.from)
  }
  const beat = (): void => {
    publish({ kind: 'here' })
    presence.others()
    cancel = clock.after(beatMs, beat, 'background')
  }
  const subscribe = (): void => {
    port.subscribe(channel, hear).then(beat, (error: unknown) => {
      told(error)
      if (!closed) cancel = clock.after(subscribeAgainMs, subscribe, 'background')
    })
  }
  subscribe()
  return {
    publish,
    onMessage: (listener) => void listeners.push(listener),
    onNew: (listener) => void welcomes.push(listener),
    others: presence.others,
    close() {
      closed = true
      cancel()
    },
  }
}

function readMessage(text: string): { readonly from: string; readonly content: JsonObject } | undefined {
  const parsed = text.length > longestMessage ? undefined : parseJson(text)
  if (parsed?.ok !== true || !isObject(parsed.value)) return undefined
  const { from } = parsed.value
  return typeof from === 'string' ? { from, content: parsed.value } : undefined
}
