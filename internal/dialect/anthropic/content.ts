import type { CacheHint, Json, Part, Source } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { mimeOfName, sourceOfUrl } from '../media.ts'
import { arrayAt, BadField, objectAt, optionalString, stringAt } from '../read.ts'
import { opaqueOfSignature } from './carry.ts'
import { readCitations } from './citations.ts'

// Results hold blocks, and documents in them hold blocks again; nothing sound goes deeper.
const maxDepth = 4

/** A string or an array of content blocks. */
export function readBlocks(content: unknown, param: string, depth = 0): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw new BadField(param, 'must be a string or an array')
  if (depth > maxDepth) throw new BadField(param, 'is nested too deeply')
  return arrayAt(content, param).flatMap((entry, index) => {
    const at = `${param}[${index}]`
    const block = objectAt(entry, at)
    const cacheHint = readCacheHint(block)
    return readBlock(block, at, depth).map((part) => (cacheHint === undefined ? part : { ...part, cacheHint }))
  })
}

export function readCacheHint(block: Json): CacheHint | undefined {
  const control = block['cache_control']
  return isObject(control) ? compact({ ttl: asString(control['ttl']) }) : undefined
}

function readBlock(block: Json, param: string, depth: number): readonly Part[] {
  switch (block['type']) {
    case 'text':
      return [
        compact({ kind: 'text', text: stringAt(block['text'], `${param}.text`), citations: readCitations(block['citations']) }),
      ]
    case 'image': {
      const { source, mime } = readSource(objectAt(block['source'], `${param}.source`), `${param}.source`)
      return [compact({ kind: 'image', source, mime })]
    }
    case 'document':
      return readDocument(block, param, depth)
    case 'tool_use':
      return [readCall(block, param)]
    case 'tool_result':
      return [readResult(block, param, depth)]
    case 'thinking':
      return readThinking(block, param)
    case 'redacted_thinking': {
      const data = stringAt(block['data'], `${param}.data`)
      return [{ kind: 'reasoning', text: '', redacted: true, opaque: [{ vendor: 'anthropic', kind: 'redacted', data }] }]
    }
    case 'search_result':
      return [{ kind: 'text', text: searchText(block) }]
    default:
      return [readServerBlock(block, stringAt(block['type'], `${param}.type`))]
  }
}

/** Blocks of Anthropic's own tools; some say something that any model can read. */
function readServerBlock(raw: Json, type: string): Part {
  const text =
    type === 'tool_reference' ? asString(raw['tool_name']) : type === 'compaction' ? asString(raw['content']) : undefined
  return compact({ kind: 'server_tool', type, vendor: 'anthropic', raw, text })
}

function readCall(block: Json, param: string): Part {
  const id = stringAt(block['id'], `${param}.id`)
  const name = stringAt(block['name'], `${param}.name`)
  return { kind: 'tool_call', id, name, args: JSON.stringify(block['input'] ?? {}) }
}

function readResult(block: Json, param: string, depth: number): Part {
  const { content } = block
  return compact({
    kind: 'tool_result',
    callId: stringAt(block['tool_use_id'], `${param}.tool_use_id`),
    parts: content === undefined || content === null ? [] : readBlocks(content, `${param}.content`, depth + 1),
    isError: block['is_error'] === true ? true : undefined,
  })
}

/** Thoughts without a signature are what a provider gave that signs none. */
function readThinking(block: Json, param: string): readonly Part[] {
  const text = optionalString(block['thinking'], `${param}.thinking`) ?? ''
  const signature = optionalString(block['signature'], `${param}.signature`) ?? ''
  if (signature !== '') return [{ kind: 'reasoning', text, opaque: opaqueOfSignature(signature) }]
  return text === '' ? [] : [{ kind: 'reasoning', text }]
}

type ReadSource = { readonly source: Source; readonly mime?: string }

function readSource(source: Json, param: string): ReadSource {
  switch (source['type']) {
    case 'base64': {
      const data = stringAt(source['data'], `${param}.data`)
      return compact({
        source: { kind: 'base64', data } as const,
        mime: optionalString(source['media_type'], `${param}.media_type`),
      })
    }
    case 'url': {
      const url = stringAt(source['url'], `${param}.url`)
      const read = sourceOfUrl(url)
      return compact({ source: read.source, mime: read.mime ?? mimeOfName(url) })
    }
    case 'file':
      return { source: { kind: 'file', id: stringAt(source['file_id'], `${param}.file_id`), vendor: 'anthropic' } }
    case 'text':
      return { source: { kind: 'text', text: stringAt(source['data'], `${param}.data`) }, mime: 'text/plain' }
    default:
      throw new BadField(`${param}.type`, 'must be base64, url, file, text or content')
  }
}

function readDocument(block: Json, param: string, depth: number): readonly Part[] {
  const source = objectAt(block['source'], `${param}.source`)
  const about = compact({
    title: optionalString(block['title'], `${param}.title`),
    context: optionalString(block['context'], `${param}.context`),
    citations: asObject(block['citations'])['enabled'] === true ? true : undefined,
  })
  if (source['type'] !== 'content') {
    const read = readSource(source, `${param}.source`)
    // A document behind a URL is a PDF, whatever its name.
    return [{ kind: 'file', mime: read.mime ?? 'application/pdf', source: read.source, ...about }]
  }
  const parts = readBlocks(source['content'], `${param}.source.content`, depth + 1)
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n')
  const images = parts.filter((part) => part.kind === 'image')
  return [{ kind: 'file', source: { kind: 'text', text }, mime: 'text/plain', ...about }, ...images]
}

function searchText(block: Json): string {
  const texts = asArray(block['content']).map((entry) => asString(asObject(entry)['text']) ?? '')
  return [asString(block['title']) ?? '', asString(block['source']) ?? '', ...texts].filter((text) => text !== '').join('\n')
}
