import { age, byId, el, showList, svg, write } from './dom.js'
import { duration, failedShare, moment, span, usd, whole } from './format.js'
import { sparkline } from './sparkline.js'

/** @typedef {import('../status-view.ts').Status} Status */
/** @typedef {Status['targets'][number]} Target */
/** @typedef {Status['problems'][number]} Problem */

/** @type {Record<Target['state'], { tone: string, shape: string }>} A shape beside each colour: not everybody tells red from green. */
const states = {
  down: { tone: 'bad', shape: 'M1 3 3 1l3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z' },
  failing: { tone: 'bad', shape: 'M6 1 11.5 11H.5z' },
  resting: { tone: 'warn', shape: 'M2 1h3v10H2zM7 1h3v10H7z' },
  recovering: { tone: 'warn', shape: 'M6 1l5 6H8v4H4V7H1z' },
  degraded: { tone: 'warn', shape: 'M6 1 11.5 11H.5z' },
  ok: { tone: 'good', shape: 'M1 6l2-2 2 2 4.5-4.5 2 2L5 10z' },
  idle: { tone: 'none', shape: 'M1 5h10v2H1z' },
}

/** Everything that the status says. @param {Status} status */
export function show(status) {
  showVerdict(status)
  showTiles(status)
  showAlerts(status)
  showTargets(status)
  showFailovers(status)
  showReload(status.config)
  write('instance', `${status.instance}, version ${status.version}, ${status.state}`)
}

/** @param {Status} status */
function showVerdict({ verdict, problems }) {
  byId('verdict').dataset.level = verdict.level
  write('verdict-text', verdict.text)
  showList(byId('problems'), problems, ({ provider }) => provider, problemItem)
}

/** @param {Problem} problem */
function problemItem(problem) {
  const head = el('p.problem-head', el('strong', problem.provider), ` ${problem.text}`)
  if (problem.since !== undefined) head.append(' since ', age(problem.since, 'since'))
  const facts = []
  if (problem.targets.length > 0) facts.push(`${problem.targets.length} of ${problem.of} targets: ${problem.targets.join(', ')}`)
  const { attempts, failed } = problem.last_5m
  if (attempts > 0) facts.push(`${whole(failed)} of ${whole(attempts)} attempts failed in the last 5 minutes`)
  const item = el('li', head)
  if (facts.length > 0) item.append(el('p', facts.join(' · ')))
  if (problem.last_error !== undefined) item.append(saidLine(problem.last_error))
  if (problem.probe_error !== undefined) item.append(el('p.said', `Its probe fails: ${problem.probe_error}`))
  return item
}

/** @param {NonNullable<Problem['last_error']>} error */
function saidLine({ kind, status, message, at }) {
  const line = el('p.said', `Last error: ${kind.replaceAll('_', ' ')}${status === undefined ? '' : ` ${status}`}, `)
  line.append(el('q', message), ', ', age(at, 'ago'))
  return line
}

/** @param {Status} status */
function showTiles({ traffic, in_flight, queued, costs }) {
  const { last_5m } = traffic
  write('tile-rate', whole(traffic.requests_per_minute))
  write('tile-rate-note', 'over the last minute')
  write('tile-flight', whole(in_flight))
  write('tile-queued', `${whole(queued)} wait for a place`)
  write('tile-failed', failedShare(last_5m))
  byId('tile-failed').classList.toggle('bad', last_5m.failed > 0 && last_5m.failed / last_5m.attempts >= 0.01)
  write('tile-failed-count', `${whole(last_5m.failed)} of ${whole(last_5m.attempts)} requests`)
  showCosts(costs)
}

/** @param {{ since: string, usd: number, saved_usd?: number, wasted_usd?: number }} costs */
function showCosts({ since, usd: spent, saved_usd, wasted_usd = 0 }) {
  write('tile-cost', usd(spent))
  write('tile-cost-since', `${wasted_usd > 0 ? `and ${usd(wasted_usd)} wasted, ` : ''}since ${moment(since)}`)
  byId('saved').hidden = saved_usd === undefined
  write('tile-saved', usd(saved_usd ?? 0))
}

/** @param {Status} status */
function showAlerts({ alerts }) {
  const item = (/** @type {Status['alerts'][number]} */ alert) =>
    el(
      'li',
      el('strong', alert.alert.replaceAll('_', ' ')),
      ` ${alert.text} `,
      el('span.quiet', 'since ', age(alert.since, 'since')),
    )
  showList(byId('alerts'), alerts, ({ alert, target }) => `${alert} ${target}`, item)
  write('alerts-count', alerts.length === 0 ? '' : String(alerts.length))
  byId('alerts-none').hidden = alerts.length > 0
}

/** @param {Status} status */
function showTargets({ targets, targets_left_out }) {
  showList(byId('target-rows'), targets, ({ target }) => target, targetRow)
  write('targets-count', String(targets.length + targets_left_out))
  write('targets-more', `${targets_left_out} more are not shown.`)
  byId('targets-more').hidden = targets_left_out === 0
}

/** @param {Target} target */
function targetRow(target) {
  const name = el('th', target.target)
  name.setAttribute('scope', 'row')
  const note = noteOf(target)
  if (note !== undefined) name.append(note)
  const { attempts, failed } = target.last_5m
  const share = el('td.number', failedShare(target.last_5m))
  share.classList.toggle('bad', failed > 0)
  if (failed > 0) share.append(el('span.note', `${whole(failed)} of ${whole(attempts)}`))
  const { latency_ms } = target
  return el(
    'tr',
    el('td', stateBadge(target.state)),
    name,
    share,
    el('td', target.latency_series_ms.length === 0 ? '' : sparkline(target.latency_series_ms, target.failed_series)),
    el('td.number', latency_ms === undefined ? '–' : `${duration(latency_ms.p50)} / ${duration(latency_ms.p95)}`),
    el('td.number', whole(target.requests_per_minute)),
    el('td.number', usd(target.cost_today_usd)),
  )
}

/** What is wrong and since when, under the target's name. @param {Target} target */
function noteOf({ since, reason_text, rests_for_ms, share, state, last_error }) {
  const words = []
  if (reason_text !== undefined) words.push(reason_text)
  else if (last_error !== undefined) words.push(`${last_error.kind.replaceAll('_', ' ')} ${last_error.status ?? ''}`.trim())
  if (state === 'recovering') words.push(`gets ${Math.round(share * 100)} % of its traffic`)
  if (rests_for_ms > 0) words.push(`tried again in ${span(rests_for_ms)}`)
  if (since === undefined && words.length === 0) return undefined
  const note = el('span.note', words.join(', '))
  if (since !== undefined) note.append(words.length === 0 ? 'since ' : ', since ', age(since, 'since'))
  return note
}

/** @param {Target['state']} state */
function stateBadge(state) {
  const { tone, shape } = states[state]
  const badge = el('span.state', state)
  badge.dataset.tone = tone
  badge.prepend(svg('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, svg('path', { d: shape })))
  return badge
}

/** @param {Status} status */
function showFailovers({ failovers }) {
  showList(byId('failover-rows'), failovers, ({ request_id, at, from, to }) => `${request_id} ${at} ${from} ${to}`, failoverRow)
  byId('failovers-table').hidden = failovers.length === 0
  byId('failovers-none').hidden = failovers.length > 0
}

/** @param {Status['failovers'][number]} failover */
function failoverRow({ at, route, from, to, reason, error }) {
  const cause = el('td.said', reason.replaceAll('_', ' '))
  if (error !== undefined) cause.append(' ', el('span.quiet', [error.status, error.message].filter(Boolean).join(' ')))
  const when = el('td.moment', moment(at), ' ', el('span.quiet', age(at, 'ago')))
  return el('tr', when, el('td', route), el('td', from), el('td', to), cause)
}

/** @param {Status['config']} config */
function showReload({ path, loaded_at, last_reload }) {
  const { ok, problems, at } = last_reload
  const took = `${path}, loaded at ${moment(loaded_at)}.`
  write('reload', ok ? took : `${took} The reload at ${moment(at)} was refused; the file before it stays in use:`)
  byId('reload').classList.toggle('bad', !ok)
  showList(
    byId('reload-problems'),
    problems,
    (problem) => problem,
    (problem) => el('li.mono', problem),
  )
}
