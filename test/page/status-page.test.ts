import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { pageFileNames } from '#admin/page/files.ts'
import { chromium, openPage, startBrowser } from '../support/browser.ts'
import { faintTexts } from '../support/faint-texts.ts'
import { type Imagined, imagineStatus, type Trouble } from '../support/imagined-status.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const pictures = join(import.meta.dirname, '../../coverage/page')
const skip = chromium === undefined ? 'no Chromium is installed' : false
const waitMs = 15_000
const down = [{ provider: 'anthropic', forMinutes: 6, status: 529, message: 'Overloaded' }]
let browser: Browser
let world: MockRelay

before(async () => {
  if (chromium === undefined) return
  mkdirSync(pictures, { recursive: true })
  const yaml = [
    'models:',
    '  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }',
    '  "gpt-*": { targets: ["openai/*"] }',
    'alerts: [{ error_rate: 5%, over: 5m, min_requests: 2 }]',
    '',
  ].join('\n')
  ;[browser, world] = await Promise.all([startBrowser(chromium), startMockRelay(yaml)])
})
after(async () => {
  await browser?.close()
  await world?.close()
})

function ask(model = 'smart'): Promise<unknown> {
  return world.openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })
}

/** Waits until an expression holds in the page. */
function until(page: Page, expression: string): Promise<unknown> {
  return page.waitForFunction(expression, { timeout: waitMs, polling: 50 })
}

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '')
}

/** A page of imagined traffic. */
async function openImagined(
  t: TestContext,
  {
    troubles = down,
    theme = 'light',
    ...imagined
  }: Imagined & { readonly troubles?: readonly Trouble[]; readonly theme?: 'light' | 'dark' },
): Promise<Page> {
  const { url, close } = await imagineStatus(troubles, imagined)
  const { page, complaints } = await openPage(browser, url, theme)
  t.after(async () => {
    // First the page: it would complain that its relay is gone.
    await page.close()
    close()
    assert.deepEqual(complaints(), [])
  })
  return page
}

async function picture(page: Page, name: string): Promise<void> {
  writeFileSync(join(pictures, `${name}.png`), await page.screenshot({ fullPage: true }))
}

/** A page of the running relay, whose complaints fail the test when it is over. */
async function openStatus(t: TestContext, theme: 'light' | 'dark' = 'light'): Promise<Page> {
  const { page, complaints } = await openPage(browser, `${world.relay.adminUrl}/`, theme)
  t.after(async () => {
    await page.close()
    assert.deepEqual(complaints(), [])
  })
  await until(page, "document.querySelector('#link').textContent === 'live'")
  return page
}

test('status page: is small and comes from the relay alone', { skip }, async () => {
  const read = async (path: string): Promise<string> => {
    const response = await fetch(world.relay.adminUrl + path)
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    return await response.text()
  }
  const html = await read('/')
  const parts = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path ?? '')
  const modules = pageFileNames.map((name) => `/page/${name}`).filter((path) => path.endsWith('.js') && !parts.includes(path))
  const texts = await Promise.all([...parts, ...modules].map(read))
  const bytes = [html, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  assert.ok(parts.length >= 4 && bytes > 10_000 && bytes < 100_000, `${bytes} bytes`)
  assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<script>|https?:/)
  for (const text of texts) assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|@import/)
})

test('status page: all is well', { skip }, async (t) => {
  await ask()
  const page = await openStatus(t)
  await until(page, "document.querySelector('#verdict-text').textContent === 'All providers are well.'")
  assert.match(await page.title(), /^✓ All providers are well/)
  assert.match(await textOf(page, '#target-rows tr'), /^ok ?anthropic\/claude-opus-5-5/)
  assert.equal(await textOf(page, '#alerts-none'), 'No alert is firing.')
})

test('status page: model names that clients make up are text', { skip }, async (t) => {
  const name = 'gpt-<img src=x onerror="document.title=1">'
  await ask(name)
  const page = await openStatus(t)
  await until(page, `document.querySelector('#target-rows').textContent.includes(${JSON.stringify(name)})`)
  assert.equal(await page.$('img'), null)
})

test('status page: a provider goes down while somebody looks', { skip }, async (t) => {
  const page = await openStatus(t, 'dark')
  world.setFaults([{ kind: 'error', status: 529, when: { provider: 'anthropic' } }])
  for (let count = 0; count < 5; count++) await ask()
  await until(page, "document.querySelector('#verdict-text').textContent.startsWith('anthropic is down')")
  assert.equal(await textOf(page, '#verdict-text'), 'anthropic is down. Clients are served by other targets.')
  assert.equal(await page.$eval('#verdict', (verdict) => verdict.getAttribute('data-level')), 'critical')
  assert.match(await textOf(page, '#problems li'), /^anthropic is down since \d\d:\d\d:\d\d, for \d+ s/)
  assert.match(await textOf(page, '#problems li'), /Last error: overloaded 529/)
  assert.match(await textOf(page, '#announcer'), /anthropic is down.*Alert: .*out of the rotation/)
  assert.match(await textOf(page, '#alerts'), /breaker open/)
  assert.match(await textOf(page, '#failover-rows tr'), /anthropic\/claude-opus-5-5openai\/gpt-4\.1overloaded 529/)
  assert.match(await textOf(page, '#target-rows tr'), /^downanthropic/)
  assert.match(await textOf(page, '#providers li'), /^anthropicdown\d+ s, since \d\d:\d\d:\d\d · \d+\u00a0% failed/)
  assert.notEqual(await page.$('#providers li .timeline .bad'), null)
  await picture(page, 'relay-down-dark')
})

test('status page: the playground and the configuration work by keyboard', { skip }, async (t) => {
  const page = await openStatus(t)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the targets')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.id'), 'theme')
  assert.notEqual(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Space')
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark')
  assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(18, 21, 26)')
  for (let presses = 0; presses < 10 && (await page.evaluate('document.activeElement.name')) !== 'model'; presses++)
    await page.keyboard.press('Tab')
  await page.keyboard.type('smart')
  await page.keyboard.press('Tab')
  await page.keyboard.type('1200')
  await page.keyboard.press('Enter')
  await until(page, "document.querySelectorAll('#plan .steps li').length > 0")
  assert.match(await textOf(page, '#plan'), /Route smart, strategy fallback/)
  await picture(page, 'playground-dark')
  await page.focus('summary')
  await page.keyboard.press('Enter')
  await until(page, "document.querySelector('#config-text').textContent.includes('base_url')")
  assert.match(await textOf(page, '#config-text'), /\*{4}/)
  assert.equal(await page.evaluate("localStorage.getItem('outrigger-theme')"), 'dark')
})

test('status page: a refused reload is told with its problems', { skip }, async (t) => {
  const page = await openStatus(t)
  const text = readFileSync(world.relay.configPath, 'utf8')
  writeFileSync(world.relay.configPath, text.replace('openai/gpt-4.1', 'nobody/gpt-4.1'))
  await until(page, "document.querySelector('#reload-problems').textContent.includes('nobody is no provider')")
  assert.match(await textOf(page, '#reload'), /was refused; the file before it stays in use/)
  assert.match(await textOf(page, '#verdict-text'), /The last reload of the routing file was refused/)
  writeFileSync(world.relay.configPath, text)
  await until(page, "document.querySelector('#reload-problems').textContent === ''")
})

test('status page: shows that it lost the relay', { skip }, async () => {
  const { url, close } = await imagineStatus([])
  const { page } = await openPage(browser, url, 'light')
  await until(page, "document.querySelector('#link').textContent === 'live'")
  close()
  await until(page, "!document.querySelector('#lost').hidden")
  assert.match(await textOf(page, '#lost'), /^No connection to the relay since .* Trying again\.$/)
  assert.equal(await page.title(), '? No connection – Outrigger')
  await picture(page, 'lost-light')
  await page.close()
})

test('status page: on a phone nothing is cut off, rows are cards with their own labels', { skip }, async (t) => {
  const page = await openImagined(t, {})
  await page.setViewport({ width: 360, height: 740, deviceScaleFactor: 1 })
  await until(page, "document.querySelectorAll('#target-rows tr').length > 1")
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  assert.equal(
    await page.evaluate("getComputedStyle(document.querySelector('#target-rows td[data-label^=Failed]'), '::before').content"),
    '"Failed, 5 min"',
  )
  // Both are there without scrolling: who, and since when.
  const bottom = await page.$eval('#problems .problem-head', (head) => head.getBoundingClientRect().bottom)
  assert.ok(bottom < 740, `the beginning of the trouble is at ${bottom}`)
  await picture(page, 'down-phone')
})

test('status page: of 200 targets those with traffic are shown, the others can be found', { skip }, async (t) => {
  const page = await openImagined(t, { targets: 194 })
  const rows = "document.querySelectorAll('#target-rows tr').length"
  await until(page, `${rows} === 3`)
  assert.match(await textOf(page, '#targets-more'), /3 shown, 197 hidden/)
  await picture(page, 'many-light')
  await page.type('#filter', 'TUNED-19')
  await until(page, `${rows} === 5`)
  await page.click('#idle-too')
  await page.click('#filter', { count: 3 })
  await page.keyboard.press('Backspace')
  await until(page, `${rows} === 200`)
})

test('status page: before the first request nothing is claimed', { skip }, async (t) => {
  const page = await openImagined(t, { troubles: [], minutes: 0 })
  await until(page, "document.querySelectorAll('#providers li').length === 4")
  assert.equal(await textOf(page, '#verdict-text'), 'No requests in the last 5 minutes. No provider shows trouble.')
  await picture(page, 'empty-light')
})

for (const theme of ['light', 'dark'] as const) {
  test(`status page: text stands out from its ground by 4.5 to 1, ${theme}`, { skip }, async (t) => {
    const page = await openImagined(t, { theme })
    await until(page, "document.querySelectorAll('#target-rows tr').length > 1")
    assert.deepEqual(await page.evaluate(faintTexts), [])
  })
}

for (const theme of ['light', 'dark'] as const) {
  test(`status page: pictures of half an hour, ${theme}`, { skip }, async () => {
    for (const [name, troubles] of [
      ['well', []],
      ['down', down],
    ] as const) {
      const imagined = await imagineStatus(troubles)
      const { page, complaints } = await openPage(browser, imagined.url, theme)
      await until(page, "document.querySelectorAll('#target-rows .spark .curve').length > 1")
      assert.equal(
        await page.$eval('#verdict', (verdict) => verdict.getAttribute('data-level')),
        name === 'well' ? 'ok' : 'critical',
      )
      assert.equal((await page.$('#target-rows .spark .failed')) !== null, name === 'down')
      await picture(page, `${name}-${theme}`)
      assert.deepEqual(complaints(), [])
      await page.close()
      imagined.close()
    }
  })
}

test('status page: a key that its provider refuses is told by its place, where the provider stands', { skip }, async (t) => {
  const page = await openStatus(t)
  world.setFaults([{ kind: 'auth', when: { provider: 'openai' } }])
  await assert.rejects(ask('gpt-4.1'))
  const card = "[...document.querySelectorAll('#providers li')].find((card) => card.textContent.startsWith('openai')).textContent"
  await until(page, `${card}.includes('key openai#1: ')`)
  const told = String(await page.evaluate(card))
  assert.match(told, /key openai#1: refused, used again in \d+ (?:s|min)/)
  assert.doesNotMatch(told, /mock/)
})
