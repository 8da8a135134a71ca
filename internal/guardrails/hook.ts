import type { Json } from '#canonical/request.ts'
import { asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** What a hook is told of a request, before anybody else sees it. */
export type HookQuestion = {
  readonly request_id: string
  readonly guardrail: string
  /** How the body is to be read: a dialect, or an operation such as `embeddings`. */
  readonly dialect: string
  readonly model: string
  readonly client?: string
  readonly tier?: string
  readonly tags: Readonly<Record<string, string>>
  /** As the client sent it, redacted as the file says. */
  readonly body: Json
}

/** What a hook says. */
export type HookAnswer =
  | { readonly action: 'allow' }
  | { readonly action: 'deny'; readonly message: string }
  | { readonly action: 'rewrite'; readonly body: Json }

/** Posts a text and gives the answer; rejects when there is none in time. */
export type AskHook = (
  url: string,
  body: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly timeoutMs: number },
) => Promise<{ readonly status: number; readonly text: string }>

export type Hook = {
  readonly url: string
  readonly timeout: number
  readonly token?: { readonly reveal: () => string }
}

/** Asks a hook; the error tells why it gave no answer that can be used. */
export async function askHook(
  { url, timeout, token }: Hook,
  question: HookQuestion,
  ask: AskHook,
): Promise<Result<HookAnswer, string>> {
  const key = token?.reveal() ?? ''
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'outrigger',
    ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
  }
  try {
    const { status, text } = await ask(url, JSON.stringify(question), { headers, timeoutMs: timeout })
    if (status === 204) return ok({ action: 'allow' })
    if (status !== 200) return err(`status ${status}`)
    const parsed = parseJson(text)
    return parsed.ok ? readAnswer(parsed.value) : err('its answer is not JSON')
  } catch {
    // The error's message may quote the URL.
    return err('no answer in time')
  }
}

function readAnswer(value: unknown): Result<HookAnswer, string> {
  const answer = asObject(value)
  switch (answer['action']) {
    case 'allow':
      return ok({ action: 'allow' })
    case 'deny':
      return ok({ action: 'deny', message: asString(answer['message']) ?? 'the request is not allowed here' })
    case 'rewrite':
      return isObject(answer['body']) ? ok({ action: 'rewrite', body: answer['body'] }) : err('it rewrites without a body')
    default:
      return err('its answer has no action of allow, deny, rewrite')
  }
}
