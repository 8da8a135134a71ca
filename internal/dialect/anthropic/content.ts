import type { CacheHint, Json, Part, Source } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { mimeOfName } from '../media.ts'
import { unpackOpaque } from '../opaque.ts'
import { arrayAt, BadField, objectAt, optionalString, stringAt } from '../read.ts'

/** A string or an array of content blocks. */
export function readBlocks(content: unknown, param: string): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw new BadField(param, 'must be a string or an array')
  return arrayAt(content, param).flatMap((block, index) => readBlock(objectAt(block, `${param}[${index}]`), `${param}[${index}]`))
}

export function readCacheHint(block: Json): CacheHint | undefined {
  const control = block['cache_control']
  return isObject(control) ? compact({ ttl: asString(control['ttl']) }) : undefined
}

function readBlock(block: Json, param: string): readonly Part[] {
  const cacheHint = readCacheHint(block)
  switch (block['type']) {
    case 'text':
      return [compact({ kind: 'text', text: stringAt(block['text'], `${param}.text`), cacheHint })]
    case 'image': {
      const { source, mime } = readSource(objectAt(block['source'], `${param}.source`), `${param}.source`)
      return [compact({ kind: 'image', source, mime, cacheHint })]
    }
    case 'document':
      return [readDocument(block, param, cacheHint)]
    case 'tool_use':
      return [
        compact({
          kind: 'tool_call',
          id: stringAt(block['id'], `${param}.id`),
          name: stringAt(block['name'], `${param}.name`),
          args: JSON.stringify(block['input'] ?? {}),
          cacheHint,
        }),
      ]
    case 'tool_result':
      return [
        compact({
          kind: 'tool_result',
          callId: stringAt(block['tool_use_id'], `${param}.tool_use_id`),
          parts: block['content'] === undefined || block['content'] === null ? [] : readBlocks(block['content'], `${param}.content`),
          isError: block['is_error'] === true ? true : undefined,
          cacheHint,
        }),
      ]
    case 'thinking':
      return readThinking(block)
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', redacted: true, opaque: [{ vendor: 'anthropic', kind: 'redacted', data: block['data'] }] }]
    case 'search_result':
      return [{ kind: 'text', text: searchText(block) }]
    default:
      return [{ kind: 'server_tool', type: optionalString(block['type'], `${param}.type`) ?? 'unknown', vendor: 'anthropic', raw: block }]
  }
}

function readThinking(block: Json): readonly Part[] {
  const text = asString(block['thinking']) ?? ''
  const signature = asString(block['signature'])
  if (signature === undefined || signature === '') return text === '' ? [] : [{ kind: 'reasoning', text }]
  return [{ kind: 'reasoning', text, opaque: unpackOpaque(signature) ?? [{ vendor: 'anthropic', kind: 'signature', data: signature }] }]
}

function readSource(source: Json, param: string): { readonly source: Source; readonly mime?: string } {
  switch (source['type']) {
    case 'base64':
      return compact({ source: { kind: 'base64', data: stringAt(source['data'], `${param}.data`) } as const, mime: optionalString(source['media_type'], `${param}.media_type`) })
    case 'url': {
      const url = stringAt(source['url'], `${param}.url`)
      return compact({ source: { kind: 'url', url } as const, mime: mimeOfName(url) })
    }
    case 'file':
      return { source: { kind: 'file', id: stringAt(source['file_id'], `${param}.file_id`), vendor: 'anthropic' } }
    case 'text':
      return { source: { kind: 'text', text: stringAt(source['data'], `${param}.data`) }, mime: 'text/plain' }
    case 'content':
      return { source: { kind: 'text', text: readBlocks(source['content'], `${param}.content`).flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n') }, mime: 'text/plain' }
    default:
      throw new BadField(`${param}.type`, 'must be base64, url, file, text or content')
  }
}

function readDocument(block: Json, param: string, cacheHint: CacheHint | undefined): Part {
  const { source, mime } = readSource(objectAt(block['source'], `${param}.source`), `${param}.source`)
  return compact({
    kind: 'file',
    source,
    mime,
    title: optionalString(block['title'], `${param}.title`),
    context: optionalString(block['context'], `${param}.context`),
    citations: asObject(block['citations'])['enabled'] === true ? true : undefined,
    cacheHint,
  })
}

function searchText(block: Json): string {
  const texts = asArray(block['content']).map((entry) => asString(asObject(entry)['text']) ?? '')
  return [asString(block['title']) ?? '', asString(block['source']) ?? '', ...texts].filter((text) => text !== '').join('\n')
}
