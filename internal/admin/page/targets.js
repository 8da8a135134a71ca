import { age, byId, cell, el, showList, write } from './dom.js'
import { duration, failedShare, span, usd, whole } from './format.js'
import { sparkline } from './sparkline.js'
import { stateBadge } from './states.js'

/** @typedef {import('../status-view.ts').Status} Status */
/** @typedef {Status['targets'][number]} Target */

/** More than these are looked for, not looked through: then there is a filter, and idle ones wait behind a box. */
const fewTargets = 15

/** @type {Pick<Status, 'targets' | 'targets_left_out'>} */
let known = { targets: [], targets_left_out: 0 }

/** @param {Status} status */
export function showTargets({ targets, targets_left_out }) {
  known = { targets, targets_left_out }
  showKnown()
}

export function startFilter() {
  byId('filter').addEventListener('input', showKnown)
  byId('idle-too').addEventListener('change', showKnown)
  byId('filter-form').addEventListener('submit', (event) => event.preventDefault())
}

function showKnown() {
  const { targets, targets_left_out } = known
  const filter = byId('filter')
  const idleToo = byId('idle-too')
  if (!(filter instanceof HTMLInputElement && idleToo instanceof HTMLInputElement)) return
  const isMany = targets.length > fewTargets
  byId('filter-form').hidden = !isMany
  const wanted = filter.value.trim().toLowerCase()
  const shown = targets.filter(
    ({ target, state }) =>
      !isMany || (target.toLowerCase().includes(wanted) && (state !== 'idle' || idleToo.checked || wanted !== '')),
  )
  showList(byId('target-rows'), shown, ({ target }) => target, targetRow)
  write('targets-count', String(targets.length + targets_left_out))
  const idle = targets.filter(({ state }) => state === 'idle').length
  write('idle-count', whole(idle))
  const hidden = targets.length - shown.length
  const notes = [
    ...(hidden > 0 ? [`${whole(shown.length)} shown, ${whole(hidden)} hidden by the filter.`] : []),
    ...(targets_left_out > 0 ? [`${whole(targets_left_out)} more are not told by the relay.`] : []),
  ]
  write('targets-more', notes.join(' '))
  byId('targets-more').hidden = notes.length === 0
}

/** @param {Target} target */
function targetRow(target) {
  const name = el('th', target.target)
  name.setAttribute('scope', 'row')
  name.setAttribute('role', 'rowheader')
  const note = noteOf(target)
  if (note !== undefined) name.append(note)
  const { attempts, failed } = target.last_5m
  const share = el('td.number', failedShare(target.last_5m))
  share.classList.toggle('bad', failed > 0)
  if (failed > 0) share.append(el('span.note', `${whole(failed)} of ${whole(attempts)}`))
  const { latency_ms, latency_series_ms } = target
  const isSeen = latency_series_ms.some((ms) => ms !== null) || target.failed_series.some((count) => count > 0)
  const row = el(
    'tr',
    cell('State', el('td', stateBadge(target.state))),
    name,
    cell('Failed, 5 min', share),
    cell('Latency, 30 min', el('td', isSeen ? sparkline(latency_series_ms, target.failed_series) : el('span.quiet', '–'))),
    cell(
      'p50 / p95',
      el('td.number', latency_ms === undefined ? '–' : `${duration(latency_ms.p50)} / ${duration(latency_ms.p95)}`),
    ),
    cell('Requests a minute', el('td.number', whole(target.requests_per_minute))),
    cell('Cost today', el('td.number', usd(target.cost_today_usd))),
  )
  row.setAttribute('role', 'row')
  row.dataset.state = target.state
  return row
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
