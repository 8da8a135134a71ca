import type { PartStart, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { dataFrame } from '#framing/sse-write.ts'
import { joined } from '#lib/flat-text.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { encodeError } from '../openai-error.ts'
import { finishWord, writeUsage } from './usage.ts'

/** Canonical → client, a stream of chunks. */
export function encodeStream(context: AnswerContext): EventEncoder {
  let { model } = context.request
  let created = context.nowSeconds
  let usage: Usage | undefined
  const readable = new Set<string>()
  const chunk = (choices: readonly Json[], rest: Json = {}): string =>
    dataFrame(
      JSON.stringify({
        id: context.answerId ?? joined('cmpl-', context.requestId),
        object: 'text_completion',
        created,
        model,
        choices,
        ...rest,
      }),
    )
  const text = (index: number, written: string, finish: string | null): string =>
    chunk([{ text: written, index, logprobs: null, finish_reason: finish }])
  const usageChunk = (): string =>
    context.request.includeUsage === true && usage !== undefined ? chunk([], { usage: writeUsage(usage) }) : ''
  return (event) => {
    switch (event.kind) {
      case 'start':
        model = event.model || model
        created = event.created || created
        return ''
      case 'part_start':
        if (isReadable(event)) readable.add(nameOf(event))
        return ''
      case 'part_delta':
        return event.text !== '' && readable.has(nameOf(event)) ? text(event.candidate, event.text, null) : ''
      case 'usage':
        usage = event.usage
        return ''
      case 'finish':
        return text(event.candidate, '', finishWord(event.finish))
      case 'end':
        return usageChunk() + dataFrame('[DONE]')
      case 'failure':
        return errorChunk(event.failure, context.requestId)
      case 'part_citation':
      case 'part_end':
      case 'part_whole':
      case 'ping':
      case 'skipped':
        return ''
    }
  }
}

function isReadable({ type }: PartStart): boolean {
  return type === 'text' || type === 'refusal'
}

function nameOf({ candidate, part }: { readonly candidate: number; readonly part: number }): string {
  return `${candidate}.${part}`
}

function errorChunk({ kind, message, code }: Failure, requestId: string): string {
  return dataFrame(JSON.stringify(encodeError({ kind, message, code: code ?? kind, requestId }).body))
}
