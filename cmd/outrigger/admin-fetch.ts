import * as http from 'node:http'
import * as https from 'node:https'
import { err, ok, type Result } from '#lib/result.ts'
import { adminBase, noAnswer } from './admin-base.ts'

const timeoutMs = 3000

type Question = {
  /** Posted, where there is one. */
  readonly body?: string
  readonly stop?: AbortSignal
}

/**
 * Asks a running relay's admin port. `admin` is an address (`127.0.0.1:7071`, `:7071`) or a URL. With node:http, as `fetch` takes longer
 * to load than all the rest of a healthcheck, and refuses ports on which a relay may well listen (6000, 10080).
 */
export async function adminFetch(admin: string, path: string, question: Question = {}): Promise<Result<string, string>> {
  const base = adminBase(admin)
  if (!base.ok) return base
  const url = base.value + path
  try {
    const { status, text } = await ask(url, question)
    return status === 200 ? ok(text) : err(`${url} answered ${status}: ${text.trim()}`)
  } catch (error) {
    return err(noAnswer(base.value, error))
  }
}

function ask(url: string, { body, stop }: Question): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number | undefined; readonly text: string }>()
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(stop === undefined ? [] : [stop])])
  const method = body === undefined ? 'GET' : 'POST'
  const asking = (url.startsWith('https:') ? https : http).request(url, { agent: false, method, signal }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('end', () => resolve({ status: response.statusCode, text }))
    response.on('error', reject)
  })
  asking.on('error', reject)
  asking.end(body)
  return promise
}
