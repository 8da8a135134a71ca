import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import type { ProviderConfig } from '#config/config.ts'
import { dialectByName } from '#dialect/registry.ts'
import { findProvider } from '#provider/registry.ts'
import { prepare } from './prepare.ts'

test('a Gemini request goes to Google as it came, also when its answers must be written anew', () => {
  const type = findProvider('gemini')
  assert.ok(type)
  const provider: ProviderConfig = { name: 'gemini', type, baseUrl: 'http://x', keys: [], headers: {}, options: {} }
  const target: Target = { id: 'gemini/m', provider: 'gemini', model: 'm', dialect: 'gemini', weight: 1 }
  const contents = [{ parts: [{ inline_data: { mime_type: 'video/mp4', data: '' }, video_metadata: { fps: 2 } }] }]
  for (const [query, passthrough] of [
    ['alt=sse', true],
    ['', false],
  ] as const) {
    const decoded = dialectByName('gemini').decodeRequest({
      path: '/v1beta/models/m:streamGenerateContent',
      pathModel: 'm',
      query: new URLSearchParams(query),
      headers: {},
      body: { contents },
    })
    assert.ok(decoded.ok)
    const prepared = prepare(decoded.value, target, provider, { mode: 'passthrough_if_same', unsupported: undefined })
    assert.ok(prepared.ok)
    assert.deepEqual(prepared.value.encoded.body, { contents })
    assert.deepEqual(prepared.value.encoded.losses, [])
    assert.equal(prepared.value.passthrough, passthrough)
  }
})
