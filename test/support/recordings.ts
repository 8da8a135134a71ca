import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { eventOf } from './converse-vendor.ts'

/** A real exchange with a provider. */
export type Recording = {
  readonly provider: string
  readonly api: string
  readonly name: string
  readonly path: string
  readonly request: { readonly path: string; readonly body: JsonObject } | undefined
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** A whole answer, or undefined. */
    readonly body: unknown
    /** Raw bytes of a stream, as text. */
    readonly sse: string | undefined
    /** One JSON payload each. */
    readonly chunks: readonly unknown[] | undefined
    /** The exact bytes of a binary stream. */
    readonly base64: string | undefined
  }
}

const root = join(import.meta.dirname, '../..')
const shared = join(root, '../shared/recordings')
const chosen = join(root, 'test/fixtures/recordings')

/** Where the recordings are: the whole collection beside the repository, or the chosen ones in it. */
export const recordingsRoot = existsSync(join(shared, 'INDEX.tsv')) ? shared : chosen
export const hasAllRecordings = recordingsRoot === shared

/** Every recording of these apis. */
export function readRecordings(apis: readonly string[]): readonly Recording[] {
  const found: Recording[] = []
  for (const provider of directories(recordingsRoot)) {
    for (const api of directories(join(recordingsRoot, provider))) {
      if (!apis.includes(api)) continue
      const folder = join(recordingsRoot, provider, api)
      for (const file of readdirSync(folder).sort()) {
        if (file.endsWith('.json')) found.push(readRecording(join(folder, file)))
      }
    }
  }
  return found
}

export function readRecording(path: string): Recording {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const file = asObject(value)
  const response = asObject(file['response'])
  const request = isObject(file['request']) ? file['request'] : undefined
  const headers: Record<string, string> = {}
  for (const [name, entry] of Object.entries(asObject(response['headers']))) headers[name.toLowerCase()] = String(entry)
  return {
    provider: asString(file['provider']) ?? '',
    api: asString(file['api']) ?? '',
    name: asString(file['name']) ?? '',
    path,
    request: request === undefined ? undefined : { path: asString(request['path']) ?? '', body: asObject(request['body']) },
    response: {
      status: asNumber(response['status']) ?? 200,
      headers,
      body: response['body'],
      sse: asString(response['sse']),
      base64: asString(response['base64']),
      chunks: Array.isArray(response['chunks']) ? asArray(response['chunks']) : undefined,
    },
  }
}

export function isStream({ response }: Recording): boolean {
  return response.sse !== undefined || response.chunks !== undefined || Array.isArray(response.body)
}

/** The JSON payloads of a stream, in order; what is not JSON is left out. */
export function payloads({ response }: Recording): readonly unknown[] {
  if (response.chunks !== undefined) return response.chunks
  if (Array.isArray(response.body)) return asArray(response.body)
  const found: unknown[] = []
  for (const frame of (response.sse ?? '').split(/\r?\n\r?\n|\r\r/)) {
    const data = frame
      .split(/\r\n|\r|\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).replace(/^ /, ''))
      .join('\n')
    if (data === '' || data === '[DONE]') continue
    try {
      const payload: unknown = JSON.parse(data)
      found.push(payload)
    } catch {
      // A frame that is not JSON is noise to every reader.
    }
  }
  return found
}

/** What the provider sent, as bytes with its framing. */
export function wireOf(recording: Recording): { readonly contentType: string; readonly text: string | Uint8Array } {
  const { response, api } = recording
  if (api === 'converse' && response.chunks !== undefined) {
    const contentType = 'application/vnd.amazon.eventstream'
    return { contentType, text: binaryOf(response) }
  }
  if (response.sse !== undefined) return { contentType: 'text/event-stream', text: response.sse }
  if (response.chunks !== undefined) return { contentType: 'text/event-stream', text: frameChunks(api, response.chunks) }
  if (Array.isArray(response.body)) return { contentType: 'text/event-stream', text: frameChunks(api, response.body) }
  const text = typeof response.body === 'string' ? response.body : JSON.stringify(response.body ?? null)
  return { contentType: 'application/json', text }
}

function binaryOf({ base64, chunks = [] }: Recording['response']): Uint8Array {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  const messages = chunks.flatMap((chunk) =>
    Object.entries(asObject(chunk)).map(([type, payload]) => eventOf(type, asObject(payload))),
  )
  return Buffer.concat(messages)
}

function frameChunks(api: string, chunks: readonly unknown[]): string {
  const frames = chunks.map((chunk) => {
    const data = JSON.stringify(chunk)
    const type = asString(asObject(chunk)['type'])
    if (api === 'generate-content') return `data: ${data}\r\n\r\n`
    return api === 'chat' || type === undefined ? `data: ${data}\n\n` : `event: ${type}\ndata: ${data}\n\n`
  })
  return frames.join('') + (api === 'chat' ? 'data: [DONE]\n\n' : '')
}

function directories(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}
