import type { DialectName, Opaque } from '#canonical/request.ts'

const vendorOf: Readonly<Record<DialectName, string>> = {
  anthropic: 'anthropic',
  gemini: 'gemini',
  'openai-responses': 'openai',
  'openai-chat': 'openai',
  'openai-completions': 'openai',
}

/** The data that proves to the vendor that reasoning is its own; it names the mock, so that a test sees where it went. */
export function signatureOf(dialect: DialectName, provider: string, number: number): Opaque {
  const data = Buffer.from(`mock signature of ${provider} ${number}`).toString('base64')
  return { vendor: vendorOf[dialect], kind: dialect === 'openai-responses' ? 'encrypted' : 'signature', data }
}
