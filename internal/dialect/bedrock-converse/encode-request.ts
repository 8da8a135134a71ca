import type { Json, Request } from '#canonical/request.ts'
import { asArray, compact } from '#lib/json.ts'
import { writeThinking } from '../claude-thinking.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { readableMessages } from '../foreign-parts.ts'
import { cutAtOf } from '../stop.ts'
import { toolNames } from '../tool-names.ts'
import { type Cacheable, cachePoint, limitCachePoints } from './cache-points.ts'
import { noteLosses, stopOf, writeFormat, writeMetadata, writeModelFields, writeParams, writeTier } from './params.ts'
import { writeTools } from './tools.ts'
import { writeTurns } from './turns.ts'
import type { Writer } from './write-content.ts'

/**
 * Canonical → Amazon Bedrock's Converse. The same request gives the same bytes: caches and signed thoughts depend on it. Source:
 * docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
 */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, 64)
  const writer: Writer = { target, names, losses: [], documents: new Set() }
  const thinking = writeThinking(request, target)
  const { tools, choice } = writeTools(request, writer, thinking)
  const { outputConfig, hint } = writeFormat(request, writer)
  const { inferenceConfig, topK } = writeParams(request, writer, thinking)
  const readable = readableMessages(request.messages, () => false)
  const turns = writeTurns(readable.messages, writer)
  const system = hint === undefined ? turns.system : [...turns.system, { text: hint }]
  const parts = limitCachePoints(withAutomaticPoint({ tools, system, messages: turns.messages }, request, target))
  const body = compact({
    messages: parts.messages,
    system: parts.system.length === 0 ? undefined : parts.system,
    inferenceConfig: Object.keys(inferenceConfig).length === 0 ? undefined : inferenceConfig,
    toolConfig: parts.tools.length === 0 ? undefined : compact({ tools: parts.tools, toolChoice: choice }),
    additionalModelRequestFields: writeModelFields(writer, thinking, topK),
    additionalModelResponseFieldPaths: pathsOf(request, target),
    outputConfig,
    serviceTier: writeTier(request, writer),
    requestMetadata: writeMetadata(request, writer),
  })
  noteLosses(request, writer)
  return {
    path: `/model/${encodeURIComponent(target.model)}/${request.stream ? 'converse-stream' : 'converse'}`,
    headers: {},
    body,
    losses: inClientWords([...readable.losses, ...writer.losses, ...thinking.losses], request),
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
    ...cutAtOf(stopOf(request, target)),
  }
}

/** Where the client leaves it to the provider, the whole conversation may be cached. */
function withAutomaticPoint(parts: Cacheable, { cache }: Request, target: EncodeTarget): Cacheable {
  const last = parts.messages.at(-1)
  if (cache?.auto !== true || last === undefined) return parts
  const point = cachePoint(compact({ ttl: cache.ttl }), 'messages', target)
  const content: readonly unknown[] = [...asArray(last['content']), ...point]
  const marked: Json = { ...last, content }
  return { ...parts, messages: [...parts.messages.slice(0, -1), marked] }
}

/** Which stop sequence was hit, only Claude tells, and not by itself. Whole answers and streams have it at other places. */
function pathsOf({ params, stream }: Request, { quirks }: EncodeTarget): readonly string[] | undefined {
  if (quirks.converse?.modelFields !== 'claude' || (params.stop ?? []).length === 0) return undefined
  return [stream ? '/delta/stop_sequence' : '/stop_sequence']
}
