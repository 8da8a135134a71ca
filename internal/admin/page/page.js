import { byId, write } from './dom.js'
import { moment, span } from './format.js'
import { startPlayground, suggestModels } from './playground.js'
import { show } from './sections.js'
import { startFilter } from './targets.js'

/** @typedef {import('../status-view.ts').Status} Status */

// The relay sends its status each second; this long without is a lost connection, though nobody has closed it.
const silentMs = 6000
const retryMs = 3000

let heardAtMs = 0
let lostAtMs = 0
// What the relay's clock is ahead of ours.
let aheadMs = 0
let digest = ''
let said = ''

/** @param {EventSource} source */
function listen(source) {
  source.addEventListener('status', (event) => {
    heard()
    /** @type {Status} */
    const status = JSON.parse(event.data)
    aheadMs = Date.parse(status.now) - Date.now()
    show(status)
    suggestModels(status.models.filter(({ name }) => !name.includes('*')))
    announce(status)
    mark(status.verdict.level, status.verdict.text)
    tellAges()
    if (digest !== status.config.digest) void showConfig(status.config.digest)
  })
  source.addEventListener('error', () => {
    lost()
    // The browser tries again by itself, unless it was answered with an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, retryMs)
  })
}

function connect() {
  listen(new EventSource('/events'))
}

function heard() {
  heardAtMs = Date.now()
  lostAtMs = 0
  const link = byId('link')
  link.dataset.link = 'live'
  write('link', 'live')
  byId('lost').hidden = true
  byId('main').classList.remove('stale')
}

function lost() {
  if (lostAtMs !== 0) return
  lostAtMs = Date.now()
  byId('link').dataset.link = 'lost'
  write('link', 'not connected')
  const known = heardAtMs === 0 ? '' : ` This is what was known at ${moment(heardAtMs)}.`
  write('lost', `No connection to the relay since ${moment(lostAtMs)}.${known} Trying again.`)
  byId('lost').hidden = false
  byId('main').classList.add('stale')
  mark('lost', 'No connection')
}

/** Tells a screen reader what changed, and nothing else. @param {Status} status */
function announce({ verdict, alerts }) {
  const now = [verdict.text, ...alerts.map(({ text }) => `Alert: ${text}`)].join(' ')
  // Numbers in an alert change all the time; only its beginning and its end are news.
  const news = `${verdict.text} ${alerts.map(({ alert, target }) => `${alert} ${target}`).join(' ')}`
  if (news === said) return
  said = news
  write('announcer', now)
}

const marks = {
  ok: { sign: '✓', colour: '%2314713b' },
  warning: { sign: '!', colour: '%23c98200' },
  critical: { sign: '✗', colour: '%23c8281f' },
  lost: { sign: '?', colour: '%23808a96' },
}

/** The tab shows it too. @param {keyof typeof marks} level @param {string} text */
function mark(level, text) {
  const { sign, colour } = marks[level]
  const title = `${sign} ${text} – Outrigger`
  if (document.title === title) return
  document.title = title
  const shape = level === 'ok' ? '<circle cx="8" cy="8" r="7"/>' : '<path d="M8 0l8 15H0z"/>'
  byId('icon').setAttribute(
    'href',
    `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="${colour}">${shape}</svg>`,
  )
}

function tellAges() {
  for (const element of document.querySelectorAll('time[data-age]')) {
    if (!(element instanceof HTMLTimeElement)) continue
    const text = ageText(element.dateTime, element.dataset.age)
    if (element.textContent !== text) element.textContent = text
  }
}

/** @param {string} at @param {string | undefined} style */
function ageText(at, style) {
  const lasted = span(Date.now() + aheadMs - Date.parse(at))
  switch (style) {
    case 'ago':
      return `${lasted} ago`
    case 'for':
      return lasted
    case 'at':
      return moment(at)
    default:
      return `${moment(at)} (${lasted})`
  }
}

/** @param {string} of */
async function showConfig(of) {
  const details = byId('config')
  if (!(details instanceof HTMLDetailsElement) || !details.open) return
  digest = of
  try {
    write('config-text', await (await fetch('/config')).text())
  } catch {
    digest = ''
    write('config-text', 'The relay does not answer.')
  }
}

function startTheme() {
  const names = ['auto', 'light', 'dark']
  const root = document.documentElement
  const current = () => root.dataset.theme ?? 'auto'
  write('theme-name', current())
  byId('theme').addEventListener('click', () => {
    const next = names[(names.indexOf(current()) + 1) % names.length] ?? 'auto'
    if (next === 'auto') delete root.dataset.theme
    else root.dataset.theme = next
    write('theme-name', next)
    try {
      localStorage.setItem('outrigger-theme', next)
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  })
}

/** What scrolls can be reached by keyboard, but only while there is something to scroll. */
function watchScrollers() {
  const reach = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight
      if (scrolls) target.setAttribute('tabindex', '0')
      else target.removeAttribute('tabindex')
    }
  })
  for (const element of document.querySelectorAll('.scroll, pre')) reach.observe(element)
}

/** On a phone rows are cards, which takes the meaning of a table from its elements; roles keep it. */
function keepTables() {
  const roles = { '': 'table', ' thead, .cards tbody': 'rowgroup', ' thead tr': 'row', ' thead th': 'columnheader' }
  for (const [selector, role] of Object.entries(roles))
    for (const element of document.querySelectorAll(`.cards${selector}`)) element.setAttribute('role', role)
}

write('zone', `Times are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}; days begin at midnight UTC.`)
startTheme()
startPlayground()
startFilter()
watchScrollers()
keepTables()
byId('config').addEventListener('toggle', () => {
  digest = ''
  void showConfig('')
})
connect()
setInterval(() => {
  tellAges()
  if (heardAtMs !== 0 && Date.now() - heardAtMs > silentMs) lost()
}, 1000)
