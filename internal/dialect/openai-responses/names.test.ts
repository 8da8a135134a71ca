import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tool } from '#canonical/request.ts'
import { declaredName, qualifiedName, type ScopedName, scopedName } from './names.ts'

const tools: readonly Tool[] = [
  { kind: 'function', name: 'list' },
  { kind: 'function', name: 'crm__list', namespace: 'crm' },
  { kind: 'function', name: 'mcp__files__read', namespace: 'mcp__files__' },
  { kind: 'custom', name: 'crm__sql', namespace: 'crm' },
  { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: { type: 'web_search' } },
]

test('responses names: every tool comes back under its own name and namespace', () => {
  const scoped: readonly ScopedName[] = [
    { name: 'list' },
    { name: 'list', namespace: 'crm' },
    { name: 'read', namespace: 'mcp__files__' },
    { name: 'sql', namespace: 'crm' },
  ]
  for (const name of scoped) assert.deepEqual(scopedName(tools, qualifiedName(name)), name)
})

const calls: readonly { name: string; called: ScopedName; declared: string }[] = [
  { name: 'a tool without a group', called: { name: 'list' }, declared: 'list' },
  { name: 'one of a group', called: { name: 'list', namespace: 'crm' }, declared: 'crm__list' },
  { name: 'a deferred one, which OpenAI groups under itself', called: { name: 'list', namespace: 'list' }, declared: 'list' },
  { name: 'one whose group was left out', called: { name: 'read' }, declared: 'mcp__files__read' },
  { name: 'an unknown deferred one', called: { name: 'x', namespace: 'x' }, declared: 'x' },
  { name: 'an unknown one', called: { name: 'x', namespace: 'y' }, declared: 'y__x' },
]
for (const { name, called, declared } of calls)
  test(`responses names: finds ${name}`, () => assert.equal(declaredName(tools, called), declared))
