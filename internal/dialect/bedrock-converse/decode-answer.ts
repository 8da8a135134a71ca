import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { readCitations } from './citations.ts'
import { finishOf } from './finish.ts'
import { readUsage } from './usage.ts'

/** Converse → canonical, a whole answer. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  const message = asObject(asObject(body['output'])['message'])
  const parts = asArray(message['content']).flatMap((block) => readBlock(asObject(block), context))
  if (parts.length === 0 && asString(body['stopReason']) === undefined)
    return err(malformed('the answer has neither content nor a stop reason'))
  const called = parts.some((part) => part.kind === 'tool_call')
  return ok(
    compact({
      id: '',
      model: context.target.model,
      created: 0,
      candidates: [{ index: 0, parts, finish: finishOf(body, called) }],
      usage: readUsage(body['usage']),
      tier: asString(asObject(body['serviceTier'])['type']),
    }),
  )
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}

/** Blocks of unknown types are left out: what they hold has no meaning to us. */
function readBlock(block: Json, context: DecodeContext): readonly AnswerPart[] {
  const text = asString(block['text'])
  if (text !== undefined) return [{ kind: 'text', text }]
  if (isObject(block['toolUse'])) return readCall(block['toolUse'], context)
  if (isObject(block['reasoningContent'])) return [readReasoning(block['reasoningContent'], context)]
  if (isObject(block['citationsContent'])) return [readCited(block['citationsContent'])]
  return []
}

function readReasoning(content: Json, context: DecodeContext): AnswerPart {
  const told = asObject(content['reasoningText'])
  const opaque = [
    ...signatureOf(asString(told['signature']), context),
    ...redactedOf(asString(content['redactedContent']), context),
  ]
  return compact({ kind: 'reasoning', text: asString(told['text']) ?? '', opaque: opaque.length === 0 ? undefined : opaque })
}

export function signatureOf(data: string | undefined, { target }: DecodeContext): readonly Opaque[] {
  return data === undefined || data === '' ? [] : [{ vendor: target.quirks.vendor, kind: 'signature', data }]
}

/** Claude's hidden thoughts are a text elsewhere, and bytes here. */
export function redactedOf(blob: string | undefined, { target }: DecodeContext): readonly Opaque[] {
  if (blob === undefined || blob === '') return []
  const data = target.quirks.converse?.modelFields === 'claude' ? Buffer.from(blob, 'base64').toString('utf8') : blob
  return [{ vendor: target.quirks.vendor, kind: 'redacted', data }]
}

function readCited(content: Json): AnswerPart {
  const text = asArray(content['content'])
    .map((each) => asString(asObject(each)['text']) ?? '')
    .join('')
  const citations = readCitations(content['citations'])
  return compact({ kind: 'text', text, citations: citations.length === 0 ? undefined : citations })
}

function readCall(call: Json, context: DecodeContext): readonly AnswerPart[] {
  if (isServerCall(call)) return []
  const name = toolName(call, context)
  const base = { kind: 'tool_call', id: asString(call['toolUseId']) ?? '', name } as const
  const args = JSON.stringify(isObject(call['input']) ? call['input'] : {})
  return [isCustom(name, context) ? { ...base, args: customText(args), custom: true } : { ...base, args }]
}

/** A tool that ran at Amazon: nobody is to answer it. */
export function isServerCall(call: Json): boolean {
  return call['type'] === 'server_tool_use'
}

/** The name that the client gave the tool. */
export function toolName(call: Json, { names }: DecodeContext): string {
  const given = asString(call['name']) ?? ''
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
