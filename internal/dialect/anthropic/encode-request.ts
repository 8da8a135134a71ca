import type { Json, Request } from '#canonical/request.ts'
import { asObject, asString, compact, isObject } from '#lib/json.ts'
import { writeThinking } from '../claude-thinking.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { readableMessages } from '../foreign-parts.ts'
import { cutAtOf } from '../stop.ts'
import { toolNames } from '../tool-names.ts'
import { anthropicUserIdLength, fittedUserId } from '../user-id.ts'
import { limitCacheHints } from './cache-hints.ts'
import { writeFormat } from './format.ts'
import { noteLosses, stopOf, writeMaxTokens, writeSampling, writeTier } from './params.ts'
import { withoutRejected } from './rejected.ts'
import { writeTools } from './tools.ts'
import { writeTurns } from './turns.ts'
import { apiVersion, cacheControl, type Writer } from './write-content.ts'

/** 128 are taken by Anthropic itself, 64 wherever else Claude runs. */
const maxNameLength = 64

/**
 * Canonical → Claude. The same request gives the same bytes: caches and signed thoughts depend on it. Source:
 * docs.anthropic.com/en/api/messages.
 */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, maxNameLength)
  const writer: Writer = { target, names, losses: [] }
  const thinking = writeThinking(request, target)
  const { tools, choice } = writeTools(request, writer, thinking.on)
  const { format, hint } = writeFormat(request, writer)
  const readable = readableMessages(request.messages, ({ vendor }) => vendor === target.quirks.vendor)
  const turns = writeTurns(readable.messages, writer)
  const system = hint === undefined ? turns.system : [...turns.system, { type: 'text', text: hint }]
  const automatic = request.cache?.auto === true
  const parts = limitCacheHints({ tools, system, messages: turns.messages }, automatic)
  const body = compact({
    ...(request.dialect === 'anthropic' ? request.ext : {}),
    model: target.model,
    max_tokens: writeMaxTokens(request, writer, thinking),
    system: writeSystem(parts.system),
    messages: parts.messages,
    stream: request.stream ? true : undefined,
    tools: parts.tools.length === 0 ? undefined : parts.tools,
    tool_choice: choice,
    ...writeSampling(request, writer, thinking),
    thinking: thinking.field,
    output_config: writeConfig(request, compact({ effort: thinking.effort, format })),
    cache_control: automatic ? cacheControl(compact({ ttl: request.cache?.ttl })) : undefined,
    metadata: writeUser(request),
    service_tier: writeTier(request, writer),
  })
  noteLosses(request, writer)
  const { kept, losses } = withoutRejected(body, target)
  return {
    path: '/v1/messages',
    headers: { 'anthropic-version': apiVersion(target.quirks) },
    body: kept,
    losses: inClientWords([...readable.losses, ...writer.losses, ...thinking.losses, ...losses], request),
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
    ...cutAtOf(stopOf(request, target)),
  }
}

/** With what only this dialect says of the output (`task_budget`), from a client that speaks it. */
function writeConfig({ dialect, raw }: Request, written: Json): Json | undefined {
  const { effort: _effort, format: _format, ...own } = dialect === 'anthropic' ? asObject(raw['output_config']) : {}
  const config = { ...own, ...written }
  return Object.keys(config).length === 0 ? undefined : config
}

function writeUser({ endUser }: Request): Json | undefined {
  return endUser === undefined ? undefined : { user_id: fittedUserId(endUser, anthropicUserIdLength) }
}

/** A string where no block needs a cache hint: other servers with this API take little else. */
function writeSystem(blocks: readonly Json[]): string | readonly Json[] | undefined {
  if (blocks.length === 0) return undefined
  return blocks.some((block) => isObject(block['cache_control']))
    ? blocks
    : blocks.map((block) => asString(block['text']) ?? '').join('\n\n')
}
