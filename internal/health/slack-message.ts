import type { AlertNotice } from './alert-board.ts'

/**
 * A message for an incoming webhook of Slack. Attachments rather than blocks, since what imitates Slack takes those too.
 * Source: docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments.
 */
export type SlackMessage = {
  /** Above the attachment, and in notifications. */
  readonly text: string
  readonly attachments: readonly [
    {
      readonly color: 'danger' | 'good'
      /** For clients that show no attachments. */
      readonly fallback: string
      readonly text: string
      readonly fields: readonly { readonly title: string; readonly value: string; readonly short: true }[]
      readonly footer: 'outrigger'
      /** Seconds since the epoch. */
      readonly ts: number
    },
  ]
}

/** Whether who listens there expects messages in the form of Slack's. */
export function isSlackAddress(address: string): boolean {
  const url = URL.parse(address)
  if (url === null) return false
  const { hostname, pathname } = url
  if (hostname === 'hooks.slack.com' || hostname === 'hooks.slack-gov.com') return true
  // Discord takes the form at an address for it. Mattermost and Rocket.Chat, which have no host of their own, show the plain form too.
  return /^discord(app)?\.com$/.test(hostname) && pathname.endsWith('/slack')
}

export function slackMessage(notice: AlertNotice, wallNowMs: number): SlackMessage {
  const { alert, status, target, text, errorRatio, requests } = notice
  const isFiring = status === 'firing'
  const field = (title: string, value: string) => ({ title, value: escaped(value), short: true }) as const
  return {
    text: `${isFiring ? ':rotating_light: Alert' : ':white_check_mark: Resolved'}: *${alert.replaceAll('_', ' ')}*`,
    attachments: [
      {
        color: isFiring ? 'danger' : 'good',
        fallback: escaped(text),
        text: escaped(text),
        fields: [
          field('About', target),
          ...(errorRatio === undefined ? [] : [field('Errors', `${(errorRatio * 100).toFixed(1)} %`)]),
          ...(requests === undefined ? [] : [field('Requests', String(requests))]),
        ],
        footer: 'outrigger',
        ts: Math.floor(wallNowMs / 1000),
      },
    ],
  }
}

/** Names of models may come from clients: they must not mention a channel or carry a link. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
