/**
 * A caller that asks small questions one after the other, two milliseconds apart, and tells at SIGTERM how long the longest
 * answer took, as one line of JSON. Its first line says that it has begun. Usage: node probe.ts --url URL --body JSON [--headers JSON]
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { headersOf } from './headers.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    body: { type: 'string', default: '' },
    headers: { type: 'string', default: '{}' },
  },
})
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const headers = headersOf(values.headers)
let answers = 0
let failed = 0
let longestMs = 0
let over = false

process.once('SIGTERM', () => {
  over = true
})
// What is asked first pays for the connection.
for (let at = 0; at < 20; at++) await ask()
process.stdout.write('begun\n')
while (!over) {
  const startedMs = performance.now()
  const status = await ask()
  longestMs = Math.max(longestMs, performance.now() - startedMs)
  answers++
  if (status !== 200) failed++
  await sleep(2)
}
process.stdout.write(`${JSON.stringify({ answers, failed, longestMs })}\n`)
agent.destroy()

/** The answer's status; 0 when there is none. */
function ask(): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request(values.url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0))
    })
    outgoing.once('error', () => resolve(0))
    outgoing.end(values.body)
  })
}
