import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { readCitations } from './citations.ts'
import { errorInAnswer } from './error.ts'
import { type Calls, finishOf } from './finish.ts'
import { readUsage } from './usage.ts'

/**
 * Claude → canonical, a whole answer. `content: []` with a stop reason is sound: a stop sequence that was hit at once, or a
 * refusal.
 */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  if (body['type'] === 'error' || isObject(body['error'])) return err(errorInAnswer(body))
  const stop = asString(body['stop_reason'])
  const { content } = body
  if (!Array.isArray(content)) return err(malformed('the answer has no content'))
  const parts = asArray(content).flatMap((block) => readBlock(asObject(block), context))
  if (stop === undefined && parts.length === 0) return err(malformed('the answer has neither content nor a stop reason'))
  return ok({
    id: asString(body['id']) ?? '',
    model: asString(body['model']) ?? context.target.model,
    created: 0,
    candidates: [{ index: 0, parts, finish: finishOf(stop ?? 'end_turn', body, callsIn(parts)) }],
    ...compact({ usage: readUsage(body['usage']), tier: asString(asObject(body['usage'])['service_tier']) }),
  })
}

function callsIn(parts: readonly AnswerPart[]): Calls {
  if (parts.at(-1)?.kind === 'tool_call') return 'open'
  return parts.some((part) => part.kind === 'tool_call') ? 'answered' : 'none'
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}

/** Blocks of unknown types are left out: what they hold has no meaning to us. */
function readBlock(block: Json, context: DecodeContext): readonly AnswerPart[] {
  const { vendor } = context.target.quirks
  const type = asString(block['type']) ?? ''
  switch (type) {
    case 'text':
      return [compact({ kind: 'text', text: asString(block['text']) ?? '', citations: readCitations(block['citations']) })]
    case 'thinking': {
      const signature = asString(block['signature']) ?? ''
      const text = asString(block['thinking']) ?? ''
      const opaque = signature === '' ? undefined : ([{ vendor, kind: 'signature', data: signature }] as const)
      return [compact({ kind: 'reasoning', text, opaque })]
    }
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', opaque: [{ vendor, kind: 'redacted', data: block['data'] }] }]
    case 'tool_use':
      return [readCall(block, context)]
    default:
      return isServerBlock(type) ? [{ kind: 'server_tool', type, vendor, raw: block }] : []
  }
}

/** Blocks of tools that run at the provider: `server_tool_use`, `web_search_tool_result`, `mcp_tool_use`, … */
export function isServerBlock(type: string): boolean {
  return type === 'server_tool_use' || type === 'mcp_tool_use' || type.endsWith('_tool_result')
}

function readCall(block: Json, context: DecodeContext): AnswerPart {
  const name = toolName(block, context)
  const base = { kind: 'tool_call', id: asString(block['id']) ?? '', name } as const
  const { input } = block
  const args = typeof input === 'string' && input !== '' ? input : JSON.stringify(isObject(input) ? input : {})
  return isCustom(name, context) ? { ...base, args: customText(args), custom: true } : { ...base, args }
}

/** The name that the client gave the tool. */
export function toolName(block: Json, { names }: DecodeContext): string {
  const given = asString(block['name']) ?? ''
  return names?.get(given) ?? given
}

/** Whether the client declared a custom tool, which was told as a function with one text argument. */
export function isCustom(name: string, { request }: DecodeContext): boolean {
  return request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
}

/** The text that an emulated custom tool was called with; arguments cut at the limit are given as they are. */
export function customText(args: string): string {
  const parsed = parseJson(args)
  return parsed.ok ? (asString(asObject(parsed.value)['input']) ?? '') : args
}
