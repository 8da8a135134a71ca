/** What an operator's request is answered with. */
export type AdminAnswer = {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export function text(status: number, body: string): AdminAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

export function json(status: number, value: unknown): AdminAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}
