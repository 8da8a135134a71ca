import * as http from 'node:http'
import * as https from 'node:https'
import { adminBase, noAnswer } from './admin-base.ts'
import { exitCodes } from './exit.ts'
import { complain } from './terminal.ts'

const timeoutMs = 3000

/**
 * `outrigger healthcheck`: 0 when the relay says that it is ready. It runs every few seconds beside the relay, so it asks with node:http:
 * loading `fetch` would take longer than all the rest.
 */
export async function healthcheck(options: { readonly admin: string }): Promise<number> {
  const base = adminBase(options.admin)
  const problem = base.ok ? await problemOf(`${base.value}/readyz`) : base.error
  if (problem === undefined) return exitCodes.ok
  complain(problem)
  return exitCodes.failed
}

/** Why what is at `url` is not ready; undefined when it is. */
function problemOf(url: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const asking = (url.startsWith('https:') ? https : http).get(
    url,
    { agent: false, signal: AbortSignal.timeout(timeoutMs) },
    (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () =>
        resolve(response.statusCode === 200 ? undefined : `${url} answered ${response.statusCode}: ${body.trim()}`),
      )
      response.on('error', (error) => resolve(noAnswer(url, error)))
    },
  )
  asking.on('error', (error) => resolve(noAnswer(url, error)))
  return promise
}
