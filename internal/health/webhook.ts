import type { Clock } from '#lib/clock.ts'
import type { AlertNotice, Webhook } from './alert-board.ts'
import { isSlackAddress, type SlackMessage, slackMessage } from './slack-message.ts'

/** Posts JSON and tells the answer's status; rejects when there is none. Must end in its own time limit. */
export type Send = (url: string, payload: WebhookPayload) => Promise<number>

export type WebhookPayload = PlainMessage | SlackMessage

/** `text` is for people, the rest for programs. */
export type PlainMessage = {
  readonly text: string
  readonly alert: string
  readonly status: 'firing' | 'resolved'
  readonly target: string
  /** RFC 3339. */
  readonly at: string
  readonly error_ratio?: number
  readonly requests?: number
}

export type WebhookDeps = {
  readonly send: Send
  readonly clock: Clock
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  /** A notice could not be delivered. `host`: the rest of a webhook's URL is a secret. */
  readonly onLost: (host: string, reason: string) => void
}

// 1, 2, 4, 8, 16 s between six tries.
const mostTries = 6
const firstWaitMs = 1000

/** Delivers notices; tries again when the receiver is away. */
export function createWebhooks(deps: WebhookDeps): (notice: AlertNotice) => void {
  return (notice) => {
    for (const webhook of notice.webhooks) deliver(deps, webhook.url, payloadOf(webhook, notice, deps.wallNowMs()), 1)
  }
}

function deliver(deps: WebhookDeps, url: string, payload: WebhookPayload, tries: number): void {
  const again = (reason: string): void => {
    if (tries >= mostTries) return deps.onLost(hostOf(url), reason)
    deps.clock.after(firstWaitMs * 2 ** (tries - 1), () => deliver(deps, url, payload, tries + 1), 'background')
  }
  deps.send(url, payload).then(
    (status) => {
      if (status >= 200 && status < 300) return
      // What the receiver refuses it will refuse again.
      if (status < 500 && status !== 429 && status !== 408) return deps.onLost(hostOf(url), `status ${status}`)
      again(`status ${status}`)
    },
    // The error's message may quote the URL.
    () => again('no answer'),
  )
}

function payloadOf({ url, format }: Webhook, notice: AlertNotice, wallNowMs: number): WebhookPayload {
  const isSlack = format === 'slack' || (format === 'auto' && isSlackAddress(url))
  return isSlack ? slackMessage(notice, wallNowMs) : plainMessage(notice, wallNowMs)
}

function plainMessage({ alert, status, target, text, errorRatio, requests }: AlertNotice, wallNowMs: number): PlainMessage {
  return {
    text: `${status === 'firing' ? 'Alert' : 'Resolved'} (${alert}): ${text}`,
    alert,
    status,
    target,
    at: new Date(wallNowMs).toISOString(),
    ...(errorRatio === undefined ? {} : { error_ratio: errorRatio }),
    ...(requests === undefined ? {} : { requests }),
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'unknown'
}
