/** Writes the pictures of the documentation: the status page while a provider is down. Needs Chromium. Usage: make screenshots */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, openPage, startBrowser } from '../support/browser.ts'
import { imagineStatus } from '../support/imagined-status.ts'

const images = join(import.meta.dirname, '../../docs/images')

if (chromium === undefined) {
  console.error('the pictures need Chromium (a package of most distributions)')
  process.exit(2)
}
const browser = await startBrowser(chromium)
try {
  for (const theme of ['light', 'dark'] as const) {
    const { url, close } = await imagineStatus([{ provider: 'anthropic', forMinutes: 6, status: 529, message: 'Overloaded' }])
    const { page } = await openPage(browser, url, theme)
    await page.waitForFunction("document.querySelectorAll('#target-rows .spark .curve').length > 1")
    // Down to the targets: what comes below is for those who look closer.
    const bottom = await page.$eval('#target-rows', (rows) => rows.getBoundingClientRect().bottom)
    await page.setViewport({ width: 1240, height: Math.ceil(bottom) + 24, deviceScaleFactor: 1.5 })
    writeFileSync(join(images, `status-${theme}.png`), await page.screenshot())
    await page.close()
    close()
  }
} finally {
  await browser.close()
}
