import type { Target } from '../load.ts'
import type { Question, Relay } from '../relays/relay.ts'

/** What is asked again and again. */
export type Scenario = Question & { readonly name: string; readonly title: string; readonly body: string }

const kilobytes2 = 1800
const kilobytes100 = 100_000

/** The scenarios of whole requests. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'whole',
    title: 'A request of 2 KB, a whole answer, one dialect',
    model: 'whole',
    dialect: 'openai-chat',
    body: bodyOf({ model: 'whole', characters: kilobytes2 }),
  },
  {
    name: 'large',
    title: 'A request of 100 KB, a whole answer, one dialect',
    model: 'whole',
    dialect: 'openai-chat',
    body: bodyOf({ model: 'whole', characters: kilobytes100 }),
  },
  {
    name: 'translated',
    title: 'A request of 2 KB in another dialect, a whole answer',
    model: 'whole',
    dialect: 'anthropic',
    body: bodyOf({ model: 'whole', characters: kilobytes2, max_tokens: 1000 }),
  },
  {
    name: 'stream',
    title: 'A streamed answer of 100 chunks that come at once',
    model: 'stream',
    dialect: 'openai-chat',
    body: bodyOf({ model: 'stream', characters: kilobytes2, stream: true }),
  },
]

type Asked = {
  readonly model: string
  readonly characters: number
  readonly stream?: boolean
  /** Anthropic's dialect insists on it. */
  readonly max_tokens?: number
}

/** The body of a question of this length. */
export function bodyOf({ characters, ...asked }: Asked): string {
  return JSON.stringify({ stream: false, ...asked, messages: [{ role: 'user', content: 'x'.repeat(characters) }] })
}

/** The question as this relay wants it; undefined where it cannot answer it. */
export function targetOf(relay: Relay, { body, ...question }: Question & { readonly body: string }): Target | undefined {
  const asked = relay.ask(question)
  return asked === undefined ? undefined : { ...asked, body, pid: relay.pid }
}
