import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Loss } from '#canonical/loss.ts'
import type { DialectName } from '#canonical/request.ts'
import { dialectByName } from '#dialect/registry.ts'
import { asObject, type JsonObject } from '#lib/json.ts'
import { findProvider } from '#provider/registry.ts'
import { hasAllRecordings, type Recording, readRecordings } from '../support/recordings.ts'
import type { Meaning } from './meaning.ts'
import { meaningDifferences } from './meaning-differences.ts'
import { readChatRequest, readResponsesRequest } from './request-openai.ts'
import { readGeminiRequest, readMessagesRequest } from './request-vendors.ts'

type Family = {
  readonly dialect: DialectName
  readonly api: string
  /** What a request of another family is written for. */
  readonly provider: string
  readonly model: string
  readonly read: (body: JsonObject) => Meaning
}

const families: readonly Family[] = [
  { dialect: 'openai-chat', api: 'chat', provider: 'openai', model: 'gpt-4.1', read: readChatRequest },
  { dialect: 'openai-responses', api: 'responses', provider: 'openai', model: 'gpt-4.1', read: readResponsesRequest },
  { dialect: 'anthropic', api: 'messages', provider: 'anthropic', model: 'claude-opus-4-5', read: readMessagesRequest },
  { dialect: 'gemini', api: 'generate-content', provider: 'gemini', model: 'gemini-3.7-flash', read: readGeminiRequest },
]

const endings = [/\/chat\/completions$/, /\/responses$/, /\/messages$/, /:(generateContent|streamGenerateContent)$/]
const recordings = readRecordings(families.map(({ api }) => api)).filter(
  // What the provider refused as malformed means nothing; Cohere's chat is a dialect of its own.
  ({ request, response, provider }) =>
    request !== undefined &&
    response.status === 200 &&
    provider !== 'cohere' &&
    // Of some only the answer is known.
    Object.keys(request.body).length > 0 &&
    endings.some((ending) => ending.test(request.path.split('?')[0] ?? '')),
)

type Cell = { equal: number; refused: number; readonly failed: string[] }

test('every recorded request means the same at a provider of each other family', (t) => {
  const cells = new Map<string, Cell>()
  const reasons = new Map<string, number>()
  for (const recording of recordings) {
    const source = families.find(({ api }) => api === recording.api)
    for (const target of families) {
      if (source === undefined || source === target) continue
      const name = `${source.dialect} → ${target.dialect}`
      const cell = cells.get(name) ?? { equal: 0, refused: 0, failed: [] }
      cells.set(name, cell)
      const { problems, losses } = translate(recording, source, target)
      const refusals = losses.filter(({ severity }) => severity === 'refuse')
      if (problems.length === 0 && refusals.length === 0) cell.equal++
      else if (refusals.length > 0) {
        cell.refused++
        for (const { reason } of refusals) reasons.set(`${name}: ${reason}`, (reasons.get(`${name}: ${reason}`) ?? 0) + 1)
      } else {
        const named = losses.map(({ field }) => field).join(', ')
        cell.failed.push(`${recording.provider}/${recording.api}/${recording.name}: ${problems.join('; ')} [named: ${named}]`)
      }
    }
  }
  for (const [name, { equal, refused, failed }] of cells) {
    const all = equal + failed.length
    t.diagnostic(`${name}: ${equal} of ${all} equal (${((100 * equal) / all).toFixed(2)} %), ${refused} refused with a reason`)
    for (const line of failed) t.diagnostic(`  differs in ${name}: ${line}`)
  }
  for (const [reason, count] of reasons) t.diagnostic(`refused, ${reason} (${count} ×)`)
  assert.equal(cells.size, 12)
  assert.ok(recordings.length >= (hasAllRecordings ? 1300 : 20), `only ${recordings.length} requests were compared`)
  for (const [name, { equal, refused, failed }] of cells) {
    if (equal + failed.length < 20) continue
    assert.ok(equal / (equal + failed.length) === 1, `${name}: ${failed.length} differ`)
    // Gemini's recordings hold much audio and many files at Google, which no other family takes.
    assert.ok(refused / (equal + refused) < 0.2, `${name}: ${refused} refused`)
  }
})

type Translated = { readonly problems: readonly string[]; readonly losses: readonly Loss[] }

function translate({ request }: Recording, source: Family, target: Family): Translated {
  const provider = findProvider(target.provider)
  assert.ok(provider && request)
  const [path = '', query] = request.path.split('?')
  // Some deployments have the model in their address; a client of the relay names it.
  const body: JsonObject = { ...request.body, model: request.body['model'] ?? 'some-model' }
  const call = { path, pathModel: 'some-model', query: new URLSearchParams(query), headers: {}, body }
  const decoded = dialectByName(source.dialect).decodeRequest(call)
  if (!decoded.ok) return { problems: [`not understood: ${decoded.error.message}`], losses: [] }
  const { quirksOf, traitsOf } = provider
  const encoded = dialectByName(target.dialect).encodeRequest(decoded.value, {
    model: target.model,
    quirks: quirksOf(target.model),
    traits: traitsOf(target.model),
  })
  const sent = target.read(asObject(JSON.parse(JSON.stringify(encoded.body))))
  // The relay itself ends the answer where the provider takes no such sequence.
  const stop = [...sent.stop, ...(encoded.cutAt ?? [])]
  return { problems: meaningDifferences(source.read(body), { ...sent, stop }, encoded.losses), losses: encoded.losses }
}
