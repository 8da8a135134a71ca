// How numbers and times are written.

/** @param {number} ms */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} days`
}

/** The time of the day, with the date when it is another day. @param {string | number} at */
export function moment(at) {
  const when = new Date(at)
  const time = when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
  return when.toDateString() === new Date().toDateString() ? time : `${when.toLocaleDateString()} ${time}`
}

/** @param {number} amount @returns {string} */
export function usd(amount) {
  if (amount === 0) return '$0'
  if (amount < 0) return `−${usd(-amount)}`
  if (amount < 0.0001) return '< $0.0001'
  return `$${amount < 1 ? amount.toFixed(4) : amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

/** @param {{ readonly attempts: number, readonly failed: number }} tally */
export function failedShare({ attempts, failed }) {
  if (attempts === 0) return '–'
  const percent = (100 * failed) / attempts
  return `${percent === 0 || percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)}\u00a0%`
}

/** @param {number} ms */
export function duration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

/** @param {number} count */
export function whole(count) {
  return count.toLocaleString('en')
}
