import { age, byId, el, showList, svg, write } from './dom.js'
import { failedShare, span, whole } from './format.js'
import { stateBadge, states } from './states.js'

/** @typedef {import('../status-view.ts').Status} Status */
/** @typedef {Status['targets'][number]} Target */
/** @typedef {Status['problems'][number]} Problem */
/** @typedef {Status['keys'][number]} Key */
/**
 * What is shown of a provider: its worst target's state, and the last half hour of all of them.
 * @typedef {{ provider: string, state: Target['state'], problem: Problem | undefined, keys: Key[], attempts: number, failed: number,
 *   rate: number, bars: Bar[] }} Provider
 */
/** @typedef {'none' | 'good' | 'some' | 'bad' | 'out'} Bar */

/** As many as of a provider that was asked. */
const emptyBars = 60

/** A card for each provider, those in trouble first. @param {Status} status */
export function showProviders({ targets, problems, keys, now, series_step_s }) {
  const byProvider = new Map()
  for (const target of targets) {
    const known = byProvider.get(target.provider)
    if (known === undefined) byProvider.set(target.provider, [target])
    else known.push(target)
  }
  const cards = [...byProvider].map(([provider, of]) => {
    const problem = problems.find((each) => each.provider === provider)
    const resting = keys.filter((key) => key.provider === provider && key.state !== 'ok')
    return providerOf(provider, of, { problem, keys: resting, nowMs: Date.parse(now), stepMs: series_step_s * 1000 })
  })
  showList(byId('providers'), cards, ({ provider }) => provider, providerCard)
  write('providers-count', String(cards.length))
}

/**
 * @param {string} provider
 * @param {readonly Target[]} targets the worst first
 * @param {{ problem: Problem | undefined, keys: Key[], nowMs: number, stepMs: number }} at
 * @returns {Provider}
 */
function providerOf(provider, targets, { problem, keys, nowMs, stepMs }) {
  const sum = (/** @type {(target: Target) => number} */ of) => targets.reduce((total, target) => total + of(target), 0)
  const length = Math.max(...targets.map(({ attempts_series }) => attempts_series.length)) || emptyBars
  const sinceMs = problem?.since === undefined ? Number.POSITIVE_INFINITY : Date.parse(problem.since)
  const isOut = problem?.state === 'down'
  const bars = Array.from({ length }, (_, index) => {
    const attempts = sum((target) => target.attempts_series[index] ?? 0)
    const failed = sum((target) => target.failed_series[index] ?? 0)
    const endsMs = nowMs - (length - 1 - index) * stepMs
    return barOf(attempts, failed, isOut && endsMs > sinceMs)
  })
  return {
    provider,
    state: targets.find(({ state }) => state !== 'idle')?.state ?? 'idle',
    problem,
    keys,
    attempts: sum(({ last_5m }) => last_5m.attempts),
    failed: sum(({ last_5m }) => last_5m.failed),
    rate: sum(({ requests_per_minute }) => requests_per_minute),
    bars,
  }
}

/** @param {number} attempts @param {number} failed @param {boolean} isOut @returns {Bar} */
function barOf(attempts, failed, isOut) {
  if (attempts === 0) return isOut ? 'out' : 'none'
  if (failed === 0) return 'good'
  return failed / attempts >= 0.5 ? 'bad' : 'some'
}

/** @param {Provider} provider */
function providerCard({ provider, state, problem, keys, attempts, failed, rate, bars }) {
  const head = el('p.provider-head', el('strong', provider), stateBadge(state))
  const facts = el('p.provider-facts')
  if (problem?.since !== undefined) facts.append(el('strong', age(problem.since, 'for')), ', since ', age(problem.since, 'at'))
  else facts.append(attempts === 0 ? 'no requests in 5 minutes' : `${whole(rate)} requests a minute`)
  if (attempts > 0)
    facts.append(
      ' ',
      failed === 0 ? el('span.quiet', '· none failed') : el('span.bad', `· ${failedShare({ attempts, failed })} failed`),
    )
  const card = el('li.provider', head, facts, ...keys.map(keyLine), timeline(bars))
  card.dataset.tone = states[state].tone
  return card
}

/** A key that is not used now, by its place in the pool. @param {Key} key */
function keyLine({ key, state, rests_for_ms, targets = [] }) {
  const where = targets.length === 0 ? '' : ` at ${targets.join(', ')}`
  return el('p.provider-facts', `key ${key}: ${state}${where}, used again in ${span(rests_for_ms)}`)
}

const step = 5
const height = 24
/** Worse is taller: not everybody tells the colours apart. @type {Record<Bar, number>} */
const tall = { none: 3, good: 14, some: 19, bad: 24, out: 24 }

/** The last half hour, a bar for each half minute. @param {readonly Bar[]} bars */
function timeline(bars) {
  const width = Math.max(1, bars.length) * step
  const image = svg('svg', { class: 'timeline', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' })
  const words = describe(bars)
  image.setAttribute('aria-label', words)
  const title = svg('title', {})
  title.textContent = words
  image.append(title)
  bars.forEach((bar, index) => {
    image.append(svg('rect', { class: bar, x: index * step, width: step - 1, y: height - tall[bar], height: tall[bar] }))
  })
  return image
}

/** @param {readonly Bar[]} bars */
function describe(bars) {
  if (bars.every((bar) => bar === 'none')) return 'last 30 minutes: no requests'
  const count = (/** @type {Bar} */ kind) => bars.filter((bar) => bar === kind).length
  const minutes = (/** @type {number} */ number) => `${number / 2} minutes`
  const parts = [`${minutes(count('good'))} without a failure`]
  if (count('some') > 0) parts.push(`${minutes(count('some'))} with some`)
  if (count('bad') > 0) parts.push(`${minutes(count('bad'))} with most attempts failed`)
  if (count('out') > 0) parts.push(`${minutes(count('out'))} out of the rotation`)
  return `last 30 minutes: ${parts.join(', ')}`
}
