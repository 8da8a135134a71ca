import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Paint, statusLines } from './status-lines.ts'

const plain: Paint = (_tone, text) => text
const marked: Paint = (tone, text) => `<${tone}>${text}</>`
const now = '2026-01-05T12:06:00.000Z'

const target = {
  target: 'a/one',
  state: 'down',
  last_5m: { attempts: 4, failed: 2 },
  latency_series_ms: [null, null, 100, 100, 400, 400],
  latency_ms: { p50: 100, p95: 1250 },
  requests_per_minute: 12,
  cost_today_usd: 0.0123,
}
const status = {
  now,
  instance: 'host-1',
  version: '1.2.3',
  state: 'running',
  verdict: { level: 'critical', text: 'a is down.' },
  problems: [
    {
      provider: 'a',
      text: 'is down',
      since: '2026-01-05T12:00:00.000Z',
      last_error: { kind: 'rate_limit', status: 429, message: 'slow down' },
    },
  ],
  traffic: { requests_per_minute: 12, last_5m: { attempts: 200, failed: 1 } },
  in_flight: 3,
  costs: { usd: 12.345, saved_usd: -0.25, wasted_usd: 0.125 },
  targets: [target, { ...target, target: 'b/two', state: 'ok', last_5m: { attempts: 0, failed: 0 }, latency_ms: undefined }],
  keys: [
    { key: 'a#1', state: 'ok', rests_for_ms: 0 },
    { key: 'a#2', state: 'refused', rests_for_ms: 240_000 },
    { key: 'b#1', state: 'limited', rests_for_ms: 1500, targets: ['b/1', 'b/2', 'b/3', 'b/4'] },
  ],
  alerts: [{ alert: 'breaker_open', text: 'a/one is out', since: now }],
  failovers: Array.from({ length: 9 }, () => ({ at: now, route: 'smart', from: 'a/one', to: 'b/two', reason: 'rate_limit' })),
  config: { path: 'routing.yaml', last_reload: { ok: false, problems: ['routing.yaml:3:5: nobody is no provider'] } },
}

test('status lines: what fails and since when stands at the top', () => {
  const [verdict, problem] = statusLines(status, plain)
  assert.equal(verdict, '✗ a is down.')
  assert.match(problem ?? '', /^ {2}a is down since \d\d:\d\d:\d\d \(6 min ago\): rate limit 429 slow down$/)
})

test('status lines: a table of the targets', () => {
  const lines = statusLines(status, plain)
  const at = lines.findIndex((line) => line.startsWith('state'))
  assert.equal(lines[at], 'state   target  failed 5m  latency 30 min     p50    p95  a minute    today')
  assert.equal(lines[at + 1], '✗ down  a/one      50.0 %    ▃▃██          100 ms  1.3 s        12  $0.0123')
  assert.equal(lines[at + 2], '✓ ok    b/two           –    ▃▃██               –      –        12  $0.0123')
})

test('status lines: facts, alerts, the newest failovers, a refused reload', () => {
  const text = statusLines(status, plain).join('\n')
  assert.match(
    text,
    /^host-1, version 1\.2\.3, running · 12 requests a minute · 0\.5 % failed .* · 3 under way · \$12\.35 today, -\$0\.2500 saved, \$0\.1250 wasted$/m,
  )
  assert.match(text, /^Alerts\n {2}breaker open: a\/one is out, since .*\(0 s ago\)$/m)
  assert.equal(text.match(/smart: a\/one → b\/two, rate limit/g)?.length, 5)
  assert.match(text, /refused:\n {2}routing\.yaml:3:5: nobody is no provider$/)
})

test('status lines: keys that are not used, by their places', () => {
  const text = statusLines(status, plain).join('\n')
  assert.match(
    text,
    /^Keys at rest\n {2}a#2: refused, used again in 240\.0 s\n {2}b#1: limited at b\/1, b\/2, b\/3, …, used again in 1\.5 s$/m,
  )
  assert.doesNotMatch(text, /a#1/)
})

test('status lines: all is well', () => {
  const quiet = { now, verdict: { level: 'ok', text: 'All providers are well.' }, config: { last_reload: { ok: true } } }
  const lines = statusLines(quiet, marked)
  assert.equal(lines[0], '<good>✓ All providers are well.</>')
  assert.doesNotMatch(lines.join('\n'), /Alerts|Keys|failovers|refused/)
})

test('status lines: a name with escape sequences does not reach the terminal', () => {
  const evil = { ...status, targets: [{ ...target, target: 'a/\u001b[2J\u0007\u202eevil' }] }
  assert.doesNotMatch(statusLines(evil, plain).join(''), /[\p{Cc}\p{Cf}]/u)
})
