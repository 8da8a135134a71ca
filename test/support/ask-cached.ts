import assert from 'node:assert/strict'
import type { RelayProcess } from './relay-process.ts'

/** Asks model `m` in OpenAI's dialect, and gives what the relay says of its cache. */
export async function askCached(replica: RelayProcess | undefined, content: string): Promise<string | null> {
  const response = await fetch(`${replica?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
  })
  assert.equal(response.status, 200, await response.text())
  return response.headers.get('x-outrigger-cache')
}
