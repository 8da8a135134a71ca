import { svg } from './dom.js'
import { duration } from './format.js'

const width = 220
const height = 34
const markHeight = 5

/**
 * Latency as a curve, failures as marks on the floor.
 * @param {readonly (number | null)[]} latencyMs oldest first; null where nothing was answered
 * @param {readonly number[]} failed
 */
export function sparkline(latencyMs, failed) {
  const step = width / Math.max(1, latencyMs.length)
  const top = Math.max(1, ...latencyMs.map((ms) => ms ?? 0))
  const usable = height - markHeight - 4
  const y = (/** @type {number} */ ms) => 2 + usable * (1 - ms / top)
  const image = svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, role: 'img' })
  const words = describe(latencyMs, failed)
  image.setAttribute('aria-label', words)
  const title = svg('title', {})
  title.textContent = words
  image.append(title, svg('line', { class: 'floor', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }))
  image.append(svg('path', { class: 'curve', d: curve(latencyMs, step, y) }))
  failed.forEach((count, index) => {
    if (count === 0) return
    const tall = Math.min(height - 2, markHeight + 2 * Math.log2(count))
    image.append(
      svg('rect', { class: 'failed', x: index * step, width: Math.max(1.5, step - 0.8), y: height - tall, height: tall }),
    )
  })
  return image
}

/**
 * The path of the curve; it breaks off where there is no value.
 * @param {readonly (number | null)[]} values
 * @param {number} step
 * @param {(ms: number) => number} y
 */
function curve(values, step, y) {
  let path = ''
  values.forEach((value, index) => {
    if (value === null) return
    const at = `${((index + 0.5) * step).toFixed(1)} ${y(value).toFixed(1)}`
    const follows = (values[index - 1] ?? null) !== null
    // A value alone is a short stroke: a point without length is not drawn.
    path += follows ? `L${at}` : `M${at}h0.01`
  })
  return path
}

/** @param {readonly (number | null)[]} latencyMs @param {readonly number[]} failed */
function describe(latencyMs, failed) {
  const values = latencyMs.filter((ms) => ms !== null)
  const failures = failed.reduce((sum, count) => sum + count, 0)
  const lost = failures === 0 ? 'no failures' : `${failures} failures`
  const newest = values.at(-1)
  if (newest === undefined) return `last 30 minutes: no answers, ${lost}`
  return `last 30 minutes: ${duration(Math.min(...values))} to ${duration(Math.max(...values))}, last ${duration(newest)}, ${lost}`
}
