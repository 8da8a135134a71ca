import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseSse, type SseFrame } from '#framing/sse-parse.ts'
import { findProvider } from '#provider/registry.ts'
import { hasAllRecordings, isStream, type Recording, readRecordings, wireOf } from '../support/recordings.ts'
import { plainRequest } from './round-trip/plain-request.ts'

const dialectOf = { chat: 'openai-chat', messages: 'anthropic', responses: 'openai-responses' } as const
type Api = keyof typeof dialectOf
const apis = Object.keys(dialectOf).filter((name): name is Api => name in dialectOf)

function framesOf(recording: Recording): readonly SseFrame[] {
  const frames: SseFrame[] = []
  const parser = parseSse((frame) => frames.push(frame))
  const { text } = wireOf(recording)
  parser.push(typeof text === 'string' ? Buffer.from(text) : text)
  parser.end()
  return frames
}

type Read = { readonly events: readonly AnswerEvent[]; readonly alike: number }

function read(api: Api, recording: Recording, byShape: boolean): Read {
  const events: AnswerEvent[] = []
  const provider = findProvider(recording.provider) ?? findProvider('openai-compatible')
  assert.ok(provider !== undefined)
  const target = { model: 'm', quirks: provider.quirksOf('m'), traits: provider.traitsOf('m') }
  const decoder = dialectByName(dialectOf[api]).decodeStream((event) => events.push(event), {
    request: plainRequest(dialectOf[api]),
    target,
  })
  let alike = 0
  for (const frame of framesOf(recording)) {
    if (byShape && decoder.alike?.(frame) === true) alike++
    else decoder.frame(frame)
  }
  decoder.end()
  return { events, alike }
}

for (const api of apis) {
  test(`${api}: a recorded stream read by the shape of its frames says what it says when every frame is parsed`, (context) => {
    let alike = 0
    let deltas = 0
    for (const recording of readRecordings([api]).filter((one) => isStream(one) && one.response.status === 200)) {
      const short = read(api, recording, true)
      assert.deepEqual(short.events, read(api, recording, false).events, recording.path)
      alike += short.alike
      deltas += short.events.filter(({ kind }) => kind === 'part_delta').length
    }
    context.diagnostic(`${alike} of ${deltas} deltas by their shape`)
    assert.ok(alike > (hasAllRecordings ? deltas / 4 : 0), `only ${alike} of ${deltas}`)
  })
}
