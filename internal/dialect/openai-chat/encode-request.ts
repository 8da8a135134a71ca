import type { Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { cutAtOf } from '../stop.ts'
import { toolNames } from '../tool-names.ts'
import { type Hint, unsaidHints } from '../unsaid.ts'
import { writeHints } from './hints.ts'
import { writeFormat } from './output.ts'
import { stopOf, withoutRejected, writeParams } from './params.ts'
import { settleReasoning, writeReasoning } from './reasoning.ts'
import { takesCustomTools, writeTools } from './tools.ts'
import { writeMessages } from './write-messages.ts'

/** Canonical → provider. What a provider or model takes is in its quirks and traits; what it does not is in `losses`. */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, 64)
  const settled = settleReasoning(request, target)
  const content = writeMessages(request, target, names)
  const format = writeFormat(request, target, content.messages)
  const params = writeParams(request, target, settled.reasoning)
  const tools = writeTools(request, target, names, settled.mayForce)
  const reasoning = writeReasoning(settled.reasoning, target)
  const hints = writeHints(request, target)
  const { kept, losses: rejected } = withoutRejected(
    {
      model: target.model,
      messages: format.messages,
      ...(request.stream ? { stream: true, ...usageOption(target) } : {}),
      ...params.fields,
      ...tools.fields,
      ...format.fields,
      ...hints.fields,
      ...reasoning.fields,
    },
    target,
  )
  const unsaid = unsaidHints(request, lackingHints(target))
  const parts = [content, settled, format, params, tools, reasoning, hints]
  return compact({
    path: '/chat/completions',
    headers: {},
    body: kept,
    losses: inClientWords([...parts.flatMap(({ losses }) => losses), ...unsaid, ...rejected], request),
    names: names.restore.size > 0 ? names.restore : undefined,
    ...cutAtOf(stopOf(request.params, target)),
  })
}

function lackingHints(target: EncodeTarget): readonly Hint[] {
  const lacking = ['citations', 'tool_extras', 'tool_groups', 'store', 'max_tool_calls'] as const
  return takesCustomTools(target) ? lacking : ['grammar', ...lacking]
}

/** Usage is always asked for: prices and budgets need it. Servers refuse the field outside of streams. */
export function usageOption({ quirks }: EncodeTarget): { readonly stream_options?: { readonly include_usage: true } } {
  return quirks.chat?.streamOptions === false ? {} : { stream_options: { include_usage: true } }
}
