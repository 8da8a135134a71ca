import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOutcome, RequestOutcome } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { createFakeClock, type FakeClock } from '#lib/fake-clock.ts'
import type { AlertNotice } from './alert-board.ts'
import { type AlertRule, type Alerts, type AlertsDeps, createAlerts } from './alerts.ts'

const rule: AlertRule = {
  error_rate: 0.05,
  over: 300_000,
  min_requests: 20,
  webhook: { url: 'https://hooks.example/secret', format: 'auto' },
}
const target: Target = { id: 'a/one', provider: 'a', model: 'one', dialect: 'openai-chat', weight: 1 }

type Lab = { readonly clock: FakeClock; readonly alerts: Alerts; readonly notices: AlertNotice[]; readonly told: () => string[] }

function labOf(rules: readonly AlertRule[] = [rule], onCount?: AlertsDeps['onCount']): Lab {
  const clock = createFakeClock()
  const notices: AlertNotice[] = []
  const alerts = createAlerts(rules, { clock, notify: (notice) => notices.push(notice), onCount })
  return { clock, alerts, notices, told: () => notices.map((notice) => `${notice.status} ${notice.alert} ${notice.target}`) }
}

function attempts({ alerts, clock }: Lab, count: number, outcome: AttemptOutcome): void {
  for (let index = 0; index < count; index++)
    alerts.observe({
      kind: 'attempt_ended',
      requestId: 'r',
      route: 'smart',
      target,
      keyIndex: 0,
      outcome,
      durationMs: 1,
      atMs: clock.now(),
    })
}

function requests({ alerts, clock }: Lab, count: number, outcome: RequestOutcome, status: number): void {
  for (let index = 0; index < count; index++)
    alerts.observe({
      kind: 'request_ended',
      requestId: 'r',
      dialect: 'anthropic',
      route: 'smart',
      outcome,
      status,
      stream: false,
      attempts: [],
      durationMs: 1,
      overheadMs: 0,
      dropped: [],
      atMs: clock.now(),
    })
}

test('alerts: an error rate above the limit fires once, with its numbers and its webhook', () => {
  const lab = labOf()
  attempts(lab, 38, 'ok')
  attempts(lab, 2, 'server')
  assert.deepEqual(lab.told(), [], 'exactly at the limit')
  attempts(lab, 3, 'timeout')
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
  assert.partialDeepStrictEqual(lab.notices[0], {
    text: '7.3 % of the requests to a/one failed over 300 s (41 requests)',
    webhooks: [{ url: 'https://hooks.example/secret', format: 'auto' }],
    requests: 41,
  })
  assert.equal(lab.alerts.firing().length, 1)
})

test('alerts: few requests do not fire', () => {
  const lab = labOf()
  attempts(lab, 19, 'server')
  assert.deepEqual(lab.told(), [])
  attempts(lab, 1, 'server')
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
})

test('alerts: mistakes of clients do not count', () => {
  const lab = labOf()
  for (const outcome of ['invalid_request', 'context_length', 'content_filter', 'cancelled'] as const) attempts(lab, 50, outcome)
  requests(lab, 50, 'failed', 400)
  requests(lab, 50, 'rejected', 404)
  requests(lab, 50, 'cancelled', 499)
  assert.deepEqual(lab.told(), [])
})

test('alerts: what clients get is watched as a whole', () => {
  const lab = labOf()
  requests(lab, 30, 'ok', 200)
  requests(lab, 5, 'failed', 502)
  assert.deepEqual(lab.told(), ['firing error_rate all'])
})

test('alerts: it is over at half the limit, and only after a quiet minute', () => {
  const lab = labOf()
  attempts(lab, 20, 'server')
  attempts(lab, 500, 'ok')
  lab.clock.advance(120_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one'], 'at 3.8 % it is neither good nor bad')
  attempts(lab, 300, 'ok')
  lab.clock.advance(60_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
  lab.clock.advance(10_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one', 'resolved error_rate a/one'])
  assert.deepEqual(lab.alerts.firing(), [])
})

test('alerts: it is over when traffic has ended', () => {
  const lab = labOf()
  attempts(lab, 30, 'server')
  lab.clock.advance(400_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one', 'resolved error_rate a/one'])
})

test('alerts: what comes and goes within a minute is told once', () => {
  const lab = labOf()
  const open = { target: 'a/one', from: 'closed', to: 'open', reason: { kind: 'trial_failed' }, atMs: 0 } as const
  for (let count = 0; count < 5; count++) {
    lab.alerts.onTransition(open)
    lab.clock.advance(30_000)
    lab.alerts.onTransition({ target: 'a/one', from: 'half_open', to: 'closed', atMs: 0 })
    lab.clock.advance(30_000)
  }
  assert.deepEqual(lab.told(), ['firing breaker_open a/one'])
  assert.equal(lab.notices[0]?.text, 'a/one is out of the rotation: a trial failed')
  lab.clock.advance(40_000)
  assert.deepEqual(lab.told(), ['firing breaker_open a/one', 'resolved breaker_open a/one'])
})

test('alerts: a refused key is told until it answers again', () => {
  const lab = labOf([])
  attempts(lab, 2, 'auth')
  lab.clock.advance(200_000)
  attempts(lab, 1, 'ok')
  lab.clock.advance(70_000)
  assert.deepEqual(lab.told(), ['firing key_refused a#1', 'resolved key_refused a#1'])
})

test('alerts: other rooms may raise alerts, which go to every webhook', () => {
  const lab = labOf([
    rule,
    { ...rule, webhook: { url: 'https://other.example', format: 'slack' } },
    { ...rule, webhook: { url: '', format: 'auto' } },
  ])
  lab.alerts.raise('config_refused', 'routing.yaml', 'the file has problems')
  assert.deepEqual(lab.notices[0]?.webhooks, [
    { url: 'https://hooks.example/secret', format: 'auto' },
    { url: 'https://other.example', format: 'slack' },
  ])
})

test('alerts: after a reload the new rules count', () => {
  const lab = labOf()
  attempts(lab, 30, 'server')
  lab.alerts.reconfigure([{ ...rule, min_requests: 5 }])
  attempts(lab, 5, 'server')
  lab.clock.advance(30_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
  lab.alerts.stop()
  assert.equal(lab.clock.pending(), 0)
})

test('alerts: what other processes count is part of the rate, and what is counted here is told to them', () => {
  const counted: string[] = []
  const lab = labOf([rule], (name, isError) => counted.push(`${name} ${isError}`))
  attempts(lab, 10, 'server')
  lab.alerts.hear([['a/one', 9, 9]])
  assert.deepEqual(lab.told(), [], 'nineteen are too few')
  lab.alerts.hear([['a/one', 100, 1]])
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
  assert.partialDeepStrictEqual(lab.notices[0], { requests: 119, errorRatio: 20 / 119 })
  assert.deepEqual([counted.length, counted[0]], [10, 'a/one true'], 'what was heard is not told again')
})

test('alerts: their answers keep a rate low, and end an alert', () => {
  const lab = labOf()
  lab.alerts.hear([['a/one', 980, 0]])
  attempts(lab, 20, 'server')
  assert.deepEqual(lab.told(), [])
  attempts(lab, 60, 'server')
  assert.deepEqual(lab.told(), ['firing error_rate a/one'])
  lab.alerts.hear([['a/one', 3000, 0]])
  lab.clock.advance(70_000)
  assert.deepEqual(lab.told(), ['firing error_rate a/one', 'resolved error_rate a/one'])
})

test('alerts: without rules nothing is counted', () => {
  const counted: string[] = []
  attempts(
    labOf([], (name) => counted.push(name)),
    3,
    'server',
  )
  assert.deepEqual(counted, [])
})

test('alerts: one that is adopted is not told again, and ends when nothing shows it here', () => {
  const [gone, heir] = [labOf(), labOf()]
  heir.clock.advance(50_000)
  gone.alerts.raise('key_refused', 'a#1', 'a refuses key number 1')
  const [notice] = gone.notices
  assert.ok(notice !== undefined)
  heir.alerts.adopt(notice, 10_000)
  assert.deepEqual(heir.told(), [])
  assert.partialDeepStrictEqual(heir.alerts.firing(), [{ alert: 'key_refused', target: 'a#1', sinceMs: 40_000 }])
  heir.clock.advance(70_000)
  assert.deepEqual(heir.told(), ['resolved key_refused a#1'])
})

test('alerts: one that is adopted goes on when it is seen here', () => {
  const [gone, heir] = [labOf(), labOf()]
  attempts(gone, 30, 'server')
  const [notice] = gone.notices
  assert.ok(notice !== undefined)
  heir.alerts.adopt(notice, 0)
  attempts(heir, 30, 'server')
  heir.clock.advance(70_000)
  assert.deepEqual(heir.told(), [], 'it fires still')
  assert.equal(heir.alerts.firing().length, 1)
  heir.clock.advance(400_000)
  assert.deepEqual(heir.told(), ['resolved error_rate a/one'])
})
