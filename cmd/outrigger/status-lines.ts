import { asArray, asNumber, asObject, asString, type JsonObject } from '#lib/json.ts'

/** What a piece of the text is about; a terminal without colour shows it without. */
export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'title'
export type Paint = (tone: Tone, text: string) => string

type Cell = { readonly text: string; readonly tone?: Tone; readonly right?: true }

const mostFailovers = 5
const mostTargets = 3
const sparkWidth = 30
const tones: Readonly<Record<string, Tone>> = {
  down: 'bad',
  failing: 'bad',
  resting: 'warn',
  recovering: 'warn',
  degraded: 'warn',
  ok: 'good',
  critical: 'bad',
  warning: 'warn',
}
// A sign beside each colour: not everybody sees colours, and not every terminal has them.
const signs: Readonly<Record<Tone, string>> = { bad: '✗', warn: '!', good: '✓', quiet: '–', title: '' }

/** `/status` for a terminal: what fails and since when, then the targets, alerts, failovers and the last reload. */
export function statusLines(status: JsonObject, paint: Paint): readonly string[] {
  const nowMs = Date.parse(text(status['now']))
  return [
    ...verdictLines(status, paint, nowMs),
    '',
    factsLine(status),
    '',
    ...tableLines(targetRows(status), paint),
    ...keyLines(status, paint),
    ...alertLines(status, paint, nowMs),
    ...failoverLines(status, paint, nowMs),
    ...reloadLines(asObject(status['config']), paint),
  ]
}

function verdictLines(status: JsonObject, paint: Paint, nowMs: number): readonly string[] {
  const verdict = asObject(status['verdict'])
  const tone = tones[text(verdict['level'])] ?? 'good'
  const problems = asArray(status['problems']).map(asObject)
  return [
    paint(tone, `${signs[tone]} ${text(verdict['text'])}`),
    ...problems.map((problem) => {
      const since = problem['since'] === undefined ? '' : ` since ${moment(problem['since'], nowMs)}`
      const error = errorText(asObject(problem['last_error']))
      const probe = problem['probe_error'] === undefined ? '' : `; its probe fails: ${text(problem['probe_error'])}`
      return `  ${text(problem['provider'])} ${text(problem['text'])}${since}${error === '' ? '' : `: ${error}`}${probe}`
    }),
  ]
}

function factsLine(status: JsonObject): string {
  const traffic = asObject(status['traffic'])
  const lastMinutes = asObject(traffic['last_5m'])
  return [
    `${text(status['instance'])}, version ${text(status['version'])}, ${text(status['state'])}`,
    `${number(traffic['requests_per_minute'])} requests a minute`,
    `${share(lastMinutes)} failed for clients in 5 min`,
    `${number(status['in_flight'])} under way`,
    costsText(asObject(status['costs'])),
  ].join(' · ')
}

function costsText(costs: JsonObject): string {
  const saved = asNumber(costs['saved_usd'])
  const wasted = number(costs['wasted_usd'])
  const parts = [
    `${usd(number(costs['usd']))} today`,
    ...(saved === undefined || saved === 0 ? [] : [`${usd(saved)} saved`]),
    ...(wasted > 0 ? [`${usd(wasted)} wasted`] : []),
  ]
  return parts.join(', ')
}

const head: readonly Cell[] = [
  { text: 'state' },
  { text: 'target' },
  { text: 'failed 5m', right: true },
  { text: 'latency 30 min' },
  { text: 'p50', right: true },
  { text: 'p95', right: true },
  { text: 'a minute', right: true },
  { text: 'today', right: true },
]

function targetRows(status: JsonObject): readonly (readonly Cell[])[] {
  return asArray(status['targets'])
    .map(asObject)
    .map((target) => {
      const state = text(target['state'])
      const tone = tones[state] ?? 'quiet'
      const latency = asObject(target['latency_ms'])
      const failed = asObject(target['last_5m'])
      return [
        { text: `${signs[tone]} ${state}`, tone },
        { text: text(target['target']) },
        { text: share(failed), right: true, ...(number(failed['failed']) > 0 ? { tone: 'bad' as const } : {}) },
        { text: spark(asArray(target['latency_series_ms'])) },
        { text: duration(asNumber(latency['p50'])), right: true },
        { text: duration(asNumber(latency['p95'])), right: true },
        { text: String(number(target['requests_per_minute'])), right: true },
        { text: usd(number(target['cost_today_usd'])), right: true },
      ]
    })
}

function tableLines(rows: readonly (readonly Cell[])[], paint: Paint): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => cell?.text.length ?? 0)),
  )
  const line = (row: readonly Cell[], tone?: Tone): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        const padded = cell.right === true ? cell.text.padStart(width) : cell.text.padEnd(width)
        const painted = cell.tone ?? tone
        return painted === undefined ? padded : paint(painted, padded)
      })
      .join('  ')
      .trimEnd()
  return [line(head, 'quiet'), ...rows.map((row) => line(row))]
}

/** Keys that are not used, or not everywhere. */
function keyLines(status: JsonObject, paint: Paint): readonly string[] {
  const resting = asArray(status['keys'])
    .map(asObject)
    .filter((key) => text(key['state']) !== 'ok')
  if (resting.length === 0) return []
  const lines = resting.map((key) => {
    const targets = asArray(key['targets']).map(text)
    const where =
      targets.length === 0 ? '' : ` at ${targets.slice(0, mostTargets).join(', ')}${targets.length > mostTargets ? ', …' : ''}`
    return `  ${paint('warn', text(key['key']))}: ${text(key['state'])}${where}, used again in ${duration(asNumber(key['rests_for_ms']))}`
  })
  return ['', paint('title', 'Keys at rest'), ...lines]
}

function alertLines(status: JsonObject, paint: Paint, nowMs: number): readonly string[] {
  const alerts = asArray(status['alerts']).map(asObject)
  if (alerts.length === 0) return []
  const lines = alerts.map(
    (alert) => `  ${paint('bad', words(alert['alert']))}: ${text(alert['text'])}, since ${moment(alert['since'], nowMs)}`,
  )
  return ['', paint('title', 'Alerts'), ...lines]
}

function failoverLines(status: JsonObject, paint: Paint, nowMs: number): readonly string[] {
  const failovers = asArray(status['failovers']).map(asObject)
  if (failovers.length === 0) return []
  const lines = failovers.slice(0, mostFailovers).map((failover) => {
    const reason = errorText(asObject(failover['error'])) || words(failover['reason'])
    return `  ${moment(failover['at'], nowMs)}  ${text(failover['route'])}: ${text(failover['from'])} → ${text(failover['to'])}, ${reason}`
  })
  return ['', paint('title', 'Last failovers'), ...lines]
}

function reloadLines(config: JsonObject, paint: Paint): readonly string[] {
  const reload = asObject(config['last_reload'])
  if (reload['ok'] === true) return []
  const problems = asArray(reload['problems']).map((problem) => `  ${text(problem)}`)
  return ['', paint('bad', `The last reload of ${text(config['path'])} was refused:`), ...problems]
}

function errorText(error: JsonObject): string {
  const status = asNumber(error['status'])
  return [words(error['kind']), status === undefined ? '' : String(status), text(error['message'])]
    .filter((part) => part !== '')
    .join(' ')
}

/** Foreign text: escape sequences in the name of a model must not reach the terminal. */
function text(value: unknown): string {
  return (asString(value) ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}')
}

function words(value: unknown): string {
  return text(value).replaceAll('_', ' ')
}

function number(value: unknown): number {
  return asNumber(value) ?? 0
}

function share(tally: JsonObject): string {
  const attempts = number(tally['attempts'])
  return attempts === 0 ? '–' : `${((100 * number(tally['failed'])) / attempts).toFixed(1)} %`
}

function duration(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function usd(amount: number): string {
  if (amount < 0) return `-${usd(-amount)}`
  return amount === 0 ? '$0' : `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}

/** The time of the day here, and how long ago that was. */
function moment(at: unknown, nowMs: number): string {
  const ms = Date.parse(text(at))
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000))
  const ago =
    seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
  return `${new Date(ms).toTimeString().slice(0, 8)} (${ago} ago)`
}

const blocks = '▁▂▃▄▅▆▇█'

/** A curve of block characters; a gap where nothing was answered. */
function spark(series: readonly unknown[]): string {
  if (series.length === 0) return ''
  const each = Math.max(1, Math.ceil(series.length / sparkWidth))
  const means = Array.from({ length: Math.ceil(series.length / each) }, (_, index) => {
    const values = series.slice(index * each, (index + 1) * each).flatMap((value) => asNumber(value) ?? [])
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
  })
  const top = Math.max(1, ...means.map((mean) => mean ?? 0))
  return means
    .map((mean) => (mean === undefined ? ' ' : (blocks[Math.round((mean / top) * (blocks.length - 1))] ?? ' ')))
    .join('')
}
