import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { textRequest } from '#canonical/text-request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import { plainTraits } from '#dialect/quirks.ts'
import { piecesOf } from '#lib/slices/pieces.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { type ClientPort, ownConversation } from '#relay/exchange.ts'
import { relay } from '#relay/relay.ts'

/** What the client of a drill was sent. */
export type Received = {
  /** 0 when nothing came. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the answer came to its end before the client lost patience. */
  readonly ended: boolean
  /** As it seemed to the client, in milliseconds. */
  readonly durationMs: number
}

// An answer of several sentences, which all mocks give in the same words.
const question = { text: 'Write 60 words.', maxOutput: 1000 } as const

/** The request of a client of this dialect: written as to a provider that speaks it, and read as from a client. */
export function drillRequest(dialect: Dialect, model: string, stream: boolean): Request {
  const target = { model, quirks: { vendor: 'drill' }, traits: plainTraits }
  const { path, body } = dialect.encodeRequest(textRequest({ ...question, dialect: dialect.name, model, stream }), target)
  const [bare = '', query = ''] = path.split('?')
  const decoded = dialect.decodeRequest({ path: bare, pathModel: model, query: new URLSearchParams(query), headers: {}, body })
  if (!decoded.ok) throw new Error(`the drill's own request cannot be read: ${decoded.error.message}`)
  return decoded.value
}

export type Question = {
  readonly dialect: Dialect
  readonly request: Request
  readonly hints: Hints
  /** How long the client waits, in milliseconds. */
  readonly timeoutMs: number
}

/** What the client says besides: how long it waits, as with `x-outrigger-timeout`, if it does say so. */
export function drillHints(timeoutMs: number | undefined): Hints {
  const hints: Hints = { priority: 'normal', tags: {}, cacheOff: true, headers: {} }
  return timeoutMs === undefined ? hints : { ...hints, timeoutMs }
}

// The relay's own limit is the client's patience: it needs a moment to say so.
const grace = 1.25

/** Asks the relay and waits for its answer, or until the client has lost patience. */
export async function ask({ dialect, request, hints, timeoutMs }: Question, deps: RelayDeps): Promise<Received> {
  const { clock } = deps
  const startedMs = clock.now()
  const { port, sent, leave } = recordingClient()
  const own = { ...ownConversation, requestId: 'drill', forward: {}, bytesIn: 0 }
  const answered = relay({ ...own, dialect, request, hints, client: port, startedMs }, deps)
  let hung = false
  const cancel = clock.after(timeoutMs * grace, () => {
    hung = true
    leave()
  })
  await answered
  cancel()
  return { ...sent, ended: sent.ended && !hung, durationMs: clock.now() - startedMs }
}

type Sent = { status: number; headers: Readonly<Record<string, string>>; body: string; ended: boolean }

function recordingClient(): { readonly port: ClientPort; readonly sent: Sent; readonly leave: () => void } {
  const sent: Sent = { status: 0, headers: {}, body: '', ended: false }
  const decoder = new TextDecoder()
  const take = (text: string | Uint8Array): void => {
    sent.body += typeof text === 'string' ? text : decoder.decode(text, { stream: true })
  }
  let leave = (): void => {}
  const port: ClientPort = {
    head(status, headers) {
      sent.status = status
      sent.headers = headers
    },
    write(text) {
      take(text)
      return true
    },
    onDrain(listener) {
      listener()
    },
    written: () => Buffer.byteLength(sent.body),
    end(body = '') {
      for (const piece of piecesOf(body)) take(piece)
      sent.ended = true
    },
    onGone(listener) {
      leave = listener
    },
    abort() {
      sent.ended = true
    },
  }
  return { port, sent, leave: () => leave() }
}
