import type { DialectName, Request } from './request.ts'

export type TextRequest = {
  readonly dialect: DialectName
  readonly model: string
  /** What the user says. */
  readonly text: string
  /** Tokens of the answer at most. */
  readonly maxOutput: number
  /** Default: a whole answer. */
  readonly stream?: boolean
}

/** A request of the relay's own: one message, and nothing that a client might have said besides. */
export function textRequest({ dialect, model, text, maxOutput, stream = false }: TextRequest): Request {
  return {
    dialect,
    model,
    stream,
    messages: [{ role: 'user', parts: [{ kind: 'text', text }] }],
    tools: [],
    params: { maxOutput },
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
}
