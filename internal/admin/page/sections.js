import { age, byId, cell, el, showList, write } from './dom.js'
import { failedShare, moment, usd, whole } from './format.js'
import { showProviders } from './providers.js'
import { showTargets } from './targets.js'

/** @typedef {import('../status-view.ts').Status} Status */
/** @typedef {Status['problems'][number]} Problem */

/** Everything that the status says. @param {Status} status */
export function show(status) {
  showVerdict(status)
  showProviders(status)
  showTiles(status)
  showAlerts(status)
  showTargets(status)
  showFailovers(status)
  showReload(status.config)
  const workers = status.workers > 1 ? `, ${whole(status.workers)} workers` : ''
  write('instance', `${status.instance}, version ${status.version}${workers}, ${status.state}`)
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
  if (problem.since !== undefined)
    head.append(' since ', el('strong', age(problem.since, 'at')), ', for ', el('strong', age(problem.since, 'for')))
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
  const row = el(
    'tr',
    cell('When', when),
    cell('Route', el('td', route)),
    cell('From', el('td', from)),
    cell('To', el('td', to)),
    cell('Reason', cause),
  )
  row.setAttribute('role', 'row')
  return row
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
