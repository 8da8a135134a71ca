import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part } from '#canonical/request.ts'
import type { EncodeTarget } from '../dialect.ts'
import { toolId, type Writer, writeBlock } from './write-content.ts'

const target: EncodeTarget = {
  model: 'claude-x',
  quirks: { vendor: 'anthropic' },
  traits: {
    sampling: 'all',
    reasoning: { kind: 'none' },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: false,
    imagesInToolResults: true,
    jsonSchema: true,
  },
}

test('writeBlock', async (t) => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'
  const text = Buffer.from('{"a":1}').toString('base64')
  const cases: readonly { name: string; part: Part; written?: unknown; lost?: string }[] = [
    {
      name: 'an image’s first bytes correct its name',
      part: { kind: 'image', source: { kind: 'base64', data: png }, mime: 'image/jpeg' },
      written: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    },
    {
      name: 'a data URL is taken apart',
      part: { kind: 'image', source: { kind: 'url', url: `data:image/png;base64,${png}` } },
      written: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    },
    {
      name: 'JSON becomes a text document',
      part: { kind: 'file', source: { kind: 'base64', data: text }, mime: 'application/json', name: 'a.json' },
      written: { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '{"a":1}' }, title: 'a.json' },
    },
    {
      name: 'another vendor’s file',
      part: { kind: 'file', source: { kind: 'file', id: 'f', vendor: 'openai' } },
      lost: 'refuse messages.file',
    },
    { name: 'audio', part: { kind: 'audio', source: { kind: 'base64', data: '' } }, lost: 'refuse messages.audio' },
    {
      name: 'an unreadable image',
      part: { kind: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/heic' },
      lost: 'refuse messages.image',
    },
  ]
  for (const { name, part, written, lost } of cases) {
    await t.test(name, () => {
      const writer: Writer = { target, names: { toProvider: (given) => given, restore: new Map() }, losses: [] }
      assert.deepEqual(writeBlock(part, writer), written === undefined ? [] : [written])
      assert.deepEqual(
        writer.losses.map(({ severity, field }) => `${severity} ${field}`),
        lost === undefined ? [] : [lost],
      )
    })
  }
})

test('writeBlock: images leave results where results hold text only', () => {
  const image = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const
  const writer: Writer = {
    target: { ...target, traits: { ...target.traits, imagesInToolResults: false } },
    names: { toProvider: (given) => given, restore: new Map() },
    losses: [],
  }
  assert.deepEqual(writeBlock({ kind: 'tool_result', callId: 't', parts: [image] }, writer), [
    { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: '(The images of this result follow below.)' }] },
    { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  ])
})

test('toolId: the same in every turn, and only where it must change', () => {
  assert.equal(toolId('toolu_01-A'), 'toolu_01-A')
  assert.match(toolId('functions.add:0'), /^call_[a-zA-Z0-9]{24}$/)
  assert.equal(toolId('functions.add:0'), toolId('functions.add:0'))
  assert.notEqual(toolId('functions.add:0'), toolId('functions.add:1'))
})
