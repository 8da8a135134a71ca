import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { Count, closed, Duration, SecretText, Size, Text, type WithDefaults } from './units.ts'

const UsageHttp = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://',
      expects: 'a URL',
      description: 'Where records are sent, by POST of JSON lines (`application/x-ndjson`).',
    }),
    token: Type.Optional(SecretText('Sent as the bearer token. Empty or left out: none.')),
    batch: Type.Optional(Count({ minimum: 1, default: 500, description: 'The most records in one POST.' })),
    interval: Type.Optional(Duration({ default: '5s', description: 'How long records wait for others.' })),
    timeout: Type.Optional(Duration({ default: '10s', description: 'How long an answer is waited for.' })),
    max_pending: Type.Optional(
      Size({
        default: '16MiB',
        description: 'What records that cannot be sent may take in memory; beyond it the oldest are lost, and counted.',
      }),
    ),
  },
  { ...closed, description: 'Sends a record of each request to a server.' },
)

/** The block `usage`. */
export const Usage = Type.Object(
  {
    file: Type.Optional(
      Text('A file that gets a JSON line for each request. It may be rotated: a file that was moved away is opened anew.'),
    ),
    http: Type.Optional(UsageHttp),
  },
  { ...closed, description: 'Records of what was used and what it cost, for billing. Off unless given.' },
)

type HttpEntry = WithDefaults<StaticDecode<typeof UsageHttp>, 'batch' | 'interval' | 'timeout' | 'max_pending'>
export type UsageEntry = { readonly file?: string; readonly http?: HttpEntry }

/** Where records of usage go over HTTP. */
export type UsageHttpConfig = Omit<HttpEntry, 'token'> & { readonly token?: Secret }
export type UsageConfig = { readonly file?: string; readonly http?: UsageHttpConfig }
