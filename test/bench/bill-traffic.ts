/** A day of an application in small: three classes of requests from two tiers of users, always the same ones. */
export type Class = 'chat' | 'documents' | 'agent'
export type Tier = 'premium' | 'free'
export type Call = { readonly class: Class; readonly tier: Tier; readonly body: Readonly<Record<string, unknown>> }

type Shape = {
  /** Of a hundred requests. */
  readonly share: number
  /** Words of the prompt and of the answer, from and to. */
  readonly prompt: readonly [number, number]
  readonly answer: readonly [number, number]
  readonly tools: boolean
}

const shapes: Readonly<Record<Class, Shape>> = {
  chat: { share: 60, prompt: [30, 300], answer: [60, 250], tools: false },
  documents: { share: 25, prompt: [2000, 9000], answer: [100, 300], tools: false },
  agent: { share: 15, prompt: [400, 2500], answer: [20, 120], tools: true },
}
const premiumShare = 0.3

const tools = [
  {
    type: 'function',
    function: {
      name: 'lookup',
      description: 'Looks an entry up.',
      parameters: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
    },
  },
]

export function trafficOf(requests: number): readonly Call[] {
  const random = createRandom(20260105)
  const between = ([from, to]: readonly [number, number]): number => Math.round(from + random() * (to - from))
  return Array.from({ length: requests }, (_, number) => {
    const name = classAt(random() * 100)
    const { prompt, answer, tools: withTools } = shapes[name]
    const tier = random() < premiumShare ? 'premium' : 'free'
    // The number keeps two prompts from beginning alike.
    const content = `Entry ${number}: ${'word '.repeat(between(prompt))}Write ${between(answer)} words.`
    return { class: name, tier, body: { messages: [{ role: 'user', content }], ...(withTools ? { tools } : {}) } }
  })
}

function classAt(percent: number): Class {
  if (percent < shapes.chat.share) return 'chat'
  return percent < shapes.chat.share + shapes.documents.share ? 'documents' : 'agent'
}

/** Park and Miller's. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
