import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createWebhooks, type WebhookPayload } from './webhook.ts'

const url = 'https://hooks.example/services/secret'
const notice = {
  alert: 'error_rate',
  target: 'a/one',
  text: '7 % of the requests to a/one failed',
  webhooks: [url],
  status: 'firing',
  atMs: 5,
  errorRatio: 0.07,
  requests: 40,
} as const

const cases: readonly { name: string; answers: readonly (number | Error)[]; sent: number; lost: readonly string[] }[] = [
  { name: 'it is delivered once', answers: [200], sent: 1, lost: [] },
  { name: 'a receiver that is away is tried again', answers: [new Error(`connect ${url}`), 503, 429, 204], sent: 4, lost: [] },
  {
    name: 'after six tries it is given up',
    answers: [500, 500, 500, 500, 500, 500, 200],
    sent: 6,
    lost: ['hooks.example: status 500'],
  },
  { name: 'what is refused is not sent again', answers: [404, 200], sent: 1, lost: ['hooks.example: status 404'] },
  {
    name: 'the address is never told',
    answers: Array.from({ length: 6 }, () => new Error(`connect ${url}`)),
    sent: 6,
    lost: ['hooks.example: no answer'],
  },
]

for (const { name, answers, sent, lost } of cases) {
  test(`webhook: ${name}`, async () => {
    const clock = createFakeClock()
    const payloads: WebhookPayload[] = []
    const losses: string[] = []
    const deliver = createWebhooks({
      clock,
      wallNowMs: () => 0,
      onLost: (host, reason) => losses.push(`${host}: ${reason}`),
      async send(to, payload) {
        assert.equal(to, url)
        const answer = answers[payloads.push(payload) - 1] ?? 200
        if (answer instanceof Error) throw answer
        return answer
      },
    })
    deliver(notice)
    for (let count = 0; count < 10; count++) {
      await new Promise(setImmediate)
      clock.advance(16_000)
    }
    assert.equal(payloads.length, sent)
    assert.deepEqual(losses, lost)
    assert.deepEqual(payloads[0], {
      text: 'Alert (error_rate): 7 % of the requests to a/one failed',
      alert: 'error_rate',
      status: 'firing',
      target: 'a/one',
      at: '1970-01-01T00:00:00.000Z',
      error_ratio: 0.07,
      requests: 40,
    })
  })
}
