import { byId, el, showList } from './dom.js'
import { usd } from './format.js'

/**
 * What `/explain` answers: a plan, or why there is none.
 * @typedef {{ target: string, reason: string, estimated_usd?: number }} Step
 * @typedef {{ target: string, kind: string, reason: string }} LeftOut
 * @typedef {{ route: string, strategy: string, rule?: number, targets: Step[], excluded: LeftOut[] }} Plan
 * @typedef {{ error: string, message: string, excluded?: LeftOut[] }} Problem
 */

/** The form that asks for the plan of a request's shape. */
export function startPlayground() {
  const form = byId('playground')
  if (!(form instanceof HTMLFormElement)) return
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void explain(shapeOf(new FormData(form)))
  })
}

/** The names that clients may ask for. @param {readonly { readonly name: string }[]} models */
export function suggestModels(models) {
  showList(
    byId('models'),
    models,
    ({ name }) => name,
    ({ name }) => {
      const option = document.createElement('option')
      option.value = name
      return option
    },
  )
}

/** @param {FormData} form */
function shapeOf(form) {
  const text = (/** @type {string} */ name) => String(form.get(name) ?? '').trim()
  const number = (/** @type {string} */ name) => (text(name) === '' ? undefined : Number(text(name)))
  const header = text('header')
  const colon = header.indexOf(':')
  return {
    model: text('model'),
    priority: text('priority'),
    tier: text('tier') === '' ? undefined : text('tier'),
    tags: text('tags')
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
    needs: form.getAll('needs'),
    input_tokens: number('input_tokens'),
    output_tokens: number('output_tokens'),
    max_cost: number('max_cost'),
    headers: colon < 1 ? {} : { [header.slice(0, colon).trim()]: header.slice(colon + 1).trim() },
  }
}

/** @param {object} shape */
async function explain(shape) {
  const plan = byId('plan')
  try {
    const response = await fetch('/explain', { method: 'POST', body: JSON.stringify(shape) })
    /** @type {Plan | Problem} */
    const answer = await response.json()
    plan.replaceChildren(...('targets' in answer ? planView(answer) : problemView(answer)))
  } catch {
    plan.replaceChildren(el('p.bad', 'The relay does not answer.'))
  }
}

/** @param {Plan} plan */
function planView({ route, strategy, rule, targets, excluded }) {
  const by = rule === undefined ? '' : `, by rule ${rule}`
  const steps = targets.map(({ target, reason, estimated_usd }) => {
    const price = estimated_usd === undefined ? '' : `, about ${usd(estimated_usd)}`
    return el('li', el('strong', target), `: ${reason}${price}`)
  })
  return [
    el('p', 'Route ', el('strong', route), `, strategy ${strategy}${by}`),
    el('ol.steps', ...steps),
    ...leftOutView(excluded),
  ]
}

/** @param {Problem} problem */
function problemView({ message, excluded = [] }) {
  return [el('p.bad', `No plan: ${message}`), ...leftOutView(excluded)]
}

/** @param {readonly LeftOut[]} excluded */
function leftOutView(excluded) {
  if (excluded.length === 0) return []
  const items = excluded.map(({ target, reason }) => el('li', el('strong', target), `: ${reason}`))
  return [el('p.quiet', 'Left out:'), el('ul.left-out', ...items)]
}
