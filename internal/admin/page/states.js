import { el, svg } from './dom.js'

/** @typedef {import('../status-view.ts').Status} Status */
/** @typedef {Status['targets'][number]['state']} State */

/** A shape beside each colour: not everybody tells red from green. @type {Record<State, { tone: string, shape: string }>} */
export const states = {
  down: { tone: 'bad', shape: 'M1 3 3 1l3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z' },
  failing: { tone: 'bad', shape: 'M6 1 11.5 11H.5z' },
  resting: { tone: 'warn', shape: 'M2 1h3v10H2zM7 1h3v10H7z' },
  recovering: { tone: 'warn', shape: 'M6 1l5 6H8v4H4V7H1z' },
  degraded: { tone: 'warn', shape: 'M6 1 11.5 11H.5z' },
  ok: { tone: 'good', shape: 'M1 6l2-2 2 2 4.5-4.5 2 2L5 10z' },
  idle: { tone: 'none', shape: 'M1 5h10v2H1z' },
}

/** @param {State} state */
export function stateBadge(state) {
  const { tone, shape } = states[state]
  const badge = el('span.state', state)
  badge.dataset.tone = tone
  badge.prepend(svg('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, svg('path', { d: shape })))
  return badge
}
