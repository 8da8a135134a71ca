import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '#lib/fake-clock.ts'
import { isSlackAddress } from './slack-message.ts'
import { createWebhooks, type WebhookPayload } from './webhook.ts'

const url = 'https://hooks.example/services/secret'
const notice = {
  alert: 'error_rate',
  target: 'a/one',
  text: '7 % of the requests to a/one failed',
  webhooks: [{ url, format: 'auto' }],
  key: 'error_rate 0 a/one',
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

const slackUrl = 'https://hooks.slack.com/services/T0/B0/secret'

async function toldTo(webhook: { url: string; format: 'auto' | 'json' | 'slack' }, changes: object = {}): Promise<unknown> {
  const payloads: WebhookPayload[] = []
  const deliver = createWebhooks({
    clock: createFakeClock(),
    wallNowMs: () => 1_800_000_000_500,
    onLost: (_host, reason) => assert.fail(reason),
    async send(_url, payload) {
      payloads.push(payload)
      return 200
    },
  })
  deliver({ ...notice, ...changes, webhooks: [webhook] })
  await new Promise(setImmediate)
  return payloads[0]
}

test('webhook: Slack gets a message with a colour and fields', async () => {
  assert.deepEqual(await toldTo({ url: slackUrl, format: 'auto' }), {
    text: ':rotating_light: Alert: *error rate*',
    attachments: [
      {
        color: 'danger',
        fallback: '7 % of the requests to a/one failed',
        text: '7 % of the requests to a/one failed',
        fields: [
          { title: 'About', value: 'a/one', short: true },
          { title: 'Errors', value: '7.0 %', short: true },
          { title: 'Requests', value: '40', short: true },
        ],
        footer: 'outrigger',
        ts: 1_800_000_000,
      },
    ],
  })
})

test('webhook: an end is green, and names of clients mention nobody', async () => {
  const told = await toldTo({ url, format: 'slack' }, { status: 'resolved', target: 'a/<!channel>', text: 'a/<!channel> & co' })
  const words = JSON.stringify(told)
  assert.match(words, /Resolved.*"color":"good"/)
  assert.match(words, /a\/&lt;!channel&gt; &amp; co/)
  assert.doesNotMatch(words, /<!channel>/)
})

test('webhook: the form is the one that was asked for, else the one of the address', async () => {
  const plain = { text: 'Alert (error_rate): 7 % of the requests to a/one failed' }
  const json = await toldTo({ url: slackUrl, format: 'json' })
  assert.partialDeepStrictEqual(json, { ...plain, alert: 'error_rate', status: 'firing' })
  const forms = {
    [slackUrl]: true,
    'https://hooks.slack-gov.com/services/T/B/x': true,
    'https://chat.example/hooks/xyz': false,
    'https://discord.com/api/webhooks/1/x/slack': true,
    'https://discord.com/api/webhooks/1/x': false,
    'https://hooks.slack.com.evil.example/services/x': false,
    'https://events.pagerduty.com/integration/x/enqueue': false,
    'not a url': false,
  }
  for (const [address, isSlack] of Object.entries(forms)) assert.equal(isSlackAddress(address), isSlack, address)
})
