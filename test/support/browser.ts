import { existsSync } from 'node:fs'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', process.env['CHROMIUM'] ?? '']

/** Where a browser is installed; undefined: tests that need one are skipped. */
export const chromium: string | undefined = places.find((place) => place !== '' && existsSync(place))

/** A headless browser that reaches nothing but this machine. */
export function startBrowser(executablePath: string): Promise<Browser> {
  return puppeteer.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  })
}

export type WatchedPage = {
  readonly page: Page
  /** What must not happen: errors in the console, refusals by the content security policy, calls to other hosts. */
  readonly complaints: () => readonly string[]
}

/** Opens an address and writes down what a good page never does. */
export async function openPage(browser: Browser, url: string, theme: 'light' | 'dark'): Promise<WatchedPage> {
  const page = await browser.newPage()
  const complaints: string[] = []
  await page.setViewport({ width: 1240, height: 1000, deviceScaleFactor: 1 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`error: ${String(error)}`))
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'data:' && origin !== new URL(url).origin) complaints.push(`another host: ${request.url()}`)
  })
  await page.evaluateOnNewDocument(
    "addEventListener('securitypolicyviolation', (event) => console.error('policy:', event.violatedDirective, event.blockedURI))",
  )
  await page.goto(url, { waitUntil: 'load' })
  return { page, complaints: () => complaints }
}
