import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { Count, closed, Duration, Ratio, SecretText, Text, type WithDefaults, Word } from './units.ts'

/** An entry of `alerts`. */
export const Alert = Type.Object(
  {
    name: Type.Optional(Text('The `alert` label of metrics. Default: `alert-1` for the first, and so on.')),
    error_rate: Ratio({ description: 'Share of errors above which it fires; it is over at half of it.' }),
    over: Type.Optional(Duration({ default: '5m', description: 'The time that the share is measured over.' })),
    min_requests: Type.Optional(
      Count({ minimum: 1, default: 20, description: 'Requests in that time before the share counts.' }),
    ),
    webhook: Type.Optional(SecretText('Where to tell, by POST of JSON. Empty or left out: only the log and the metrics.')),
    format: Type.Optional(
      Word(['auto', 'json', 'slack'], {
        default: 'auto',
        description:
          'What is sent: `json` is an object with `text`, `alert`, `status`, `target` and `at`; `slack` a message with a colour and fields, which Mattermost, Rocket.Chat and the `/slack` address of Discord take too. `auto`: `slack` for addresses of Slack and such ones of Discord, else `json`.',
      }),
    ),
  },
  { ...closed, description: 'Tells people when a target fails too often.' },
)

export const Alerts = Type.Array(Alert, {
  default: [{ error_rate: '5%' }],
  expects: 'a list of alerts',
  description:
    'Who is told of what. Left out: error rates above 5 % over 5 minutes are told in the log and the metrics. An empty list: error rates are not watched.',
})

export type AlertEntry = WithDefaults<StaticDecode<typeof Alert>, 'over' | 'min_requests' | 'format'>
export type AlertConfig = Omit<AlertEntry, 'webhook' | 'name'> & { readonly name: string; readonly webhook?: Secret }
