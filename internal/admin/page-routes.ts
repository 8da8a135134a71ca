import type { AdminRoutes } from './admin.ts'
import type { AdminAnswer } from './admin-answer.ts'
import { pageFileNames, readPageFile } from './page/files.ts'

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Nothing from elsewhere, nothing inline, no HTML made from text: names of models and words of providers are foreign. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** The status page at `/`, its parts under `/page/`. */
export function pageRoutes(): AdminRoutes {
  return Object.fromEntries(
    pageFileNames.map((name) => [
      name === 'index.html' ? 'GET /' : `GET /page/${name}`,
      () => answer(contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain', readPageFile(name)),
    ]),
  )
}

function answer(contentType: string, body: string): AdminAnswer {
  return {
    status: 200,
    contentType,
    body,
    headers: {
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    },
  }
}
