import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { asArray, compact, fieldsThat } from '#lib/json.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { takesFieldsOf } from '../quirks.ts'
import { cutAtOf, stopSequences } from '../stop.ts'
import { toolNames } from '../tool-names.ts'
import { unsaidHints } from '../unsaid.ts'
import { writeExt, writeHints } from './hints.ts'
import { writeOutput } from './output.ts'
import { writeReasoning } from './reasoning.ts'
import { writeInput } from './write-input.ts'
import { takesCustomTools, writeTools } from './write-tools.ts'

type Written = { readonly fields: Json; readonly losses: readonly Loss[] }

/** Canonical → provider. */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, 64)
  const { instructions, input, losses: contentLosses } = writeInput(request, target, names)
  const output = writeOutput(request, target, input)
  const written: readonly Written[] = [
    writeParams(request, target),
    writeTools(request, target, names),
    output,
    writeReasoning(request, target),
    writeState(request, target),
    writeHints(request, target),
    writeExt(request, target),
  ]
  const body = compact({
    model: target.model,
    instructions,
    input: output.input,
    stream: request.stream ? true : undefined,
    // The provider would keep what is said here for 30 days.
    store: request.state?.store === true && takesFieldsOf(target.quirks, 'openai'),
    include: writeInclude(request, target),
    ...merge(written),
  })
  const { kept, losses: refused } = withoutRejected(body, target)
  const unsaid = unsaidHints(request, takesCustomTools(target) ? lacking : ['grammar', ...lacking])
  const losses = [...contentLosses, ...unsaid, ...written.flatMap((part) => part.losses), ...refused]
  return {
    path: '/responses',
    headers: {},
    body: kept,
    losses: inClientWords(losses, request),
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
    // This API has no stop sequences.
    ...cutAtOf(stopSequences(request.params.stop, () => false)),
  }
}

const lacking = ['name', 'citations', 'tool_extras', 'tool_groups'] as const

function merge(written: readonly Written[]): Json {
  return Object.assign({}, ...written.map(({ fields }) => fields))
}

/** Encrypted reasoning keeps the model's train of thought over a loop of tool calls; models that do not reason refuse the wish. */
function writeInclude({ params, ext }: Request, { quirks, traits }: EncodeTarget): readonly unknown[] | undefined {
  const include = new Set(takesFieldsOf(quirks, 'openai') ? asArray(ext['include']) : [])
  if (params.logprobs !== undefined) include.add('message.output_text.logprobs')
  if (quirks.responses?.encryptedReasoning === true && traits.reasoning.kind !== 'none')
    include.add('reasoning.encrypted_content')
  return include.size === 0 ? undefined : [...include]
}

/** Parameters that this API does not have; without the second kind the answer would be another one. */
const absent = [
  ['topK', 'top_k', 'drop'],
  ['minP', 'min_p', 'drop'],
  ['presencePenalty', 'presence_penalty', 'drop'],
  ['frequencyPenalty', 'frequency_penalty', 'drop'],
  ['repetitionPenalty', 'repetition_penalty', 'drop'],
  ['seed', 'seed', 'drop'],
  ['logitBias', 'logit_bias', 'refuse'],
] as const

/** Less is refused. */
const leastOutput = 16

function writeParams(request: Request, { traits }: EncodeTarget): Written {
  const { params } = request
  const losses: Loss[] = absent.flatMap(([name, field, severity]) =>
    params[name] === undefined ? [] : [{ field, severity, reason: 'the provider does not know it' }],
  )
  const limit = outputLimit(params.maxOutput, traits.maxOutput, leastOutput)
  losses.push(...limit.losses)
  if (params.candidates !== undefined && params.candidates > 1)
    losses.push({ field: 'n', severity: 'refuse', reason: 'the provider gives one answer' })
  const reasons = request.reasoning !== undefined && request.reasoning.effort !== 'none'
  const refused = traits.sampling === 'none' || (traits.sampling === 'unless_reasoning' && reasons)
  const sampling = compact({
    temperature: params.temperature === undefined ? undefined : Math.min(params.temperature, traits.maxTemperature ?? 2),
    // Where only one of them is taken, the temperature is what people set.
    top_p: traits.sampling === 'one' && params.temperature !== undefined ? undefined : params.topP,
  })
  if (refused)
    for (const field of Object.keys(sampling))
      losses.push({ field, severity: 'drop', reason: 'the model chooses its own sampling' })
  const top = params.logprobs?.top
  const fields = compact({
    max_output_tokens: limit.tokens,
    max_tool_calls: params.maxToolCalls,
    top_logprobs: top === 0 ? undefined : top,
    ...(refused ? {} : sampling),
  })
  return { fields, losses }
}

/** What needs the provider's memory goes to the vendor whose clients ask for it; anywhere else it means nothing. */
function writeState({ state }: Request, { quirks }: EncodeTarget): Written {
  if (state === undefined) return { fields: {}, losses: [] }
  const background = state.background === true ? true : undefined
  const fields: Json = compact({
    previous_response_id: state.previousResponseId,
    conversation: state.conversation,
    background,
    prompt: state.prompt,
  })
  if (takesFieldsOf(quirks, 'openai')) return { fields, losses: [] }
  return {
    fields: {},
    losses: Object.keys(fields).map((field) => ({ field, severity: 'refuse', reason: 'it lies at another vendor' })),
  }
}

/** What the provider's own documents say that it refuses. */
function withoutRejected(body: Json, { quirks }: EncodeTarget): { readonly kept: Json; readonly losses: readonly Loss[] } {
  const rejected = (quirks.rejects ?? []).filter((name) => name in body)
  if (rejected.length === 0) return { kept: body, losses: [] }
  // Fields that only we added are no loss of the client's.
  const losses = rejected
    .filter((field) => field !== 'store' && field !== 'include')
    .map((field): Loss => ({ field, severity: field === 'top_logprobs' ? 'refuse' : 'drop', reason: 'the provider refuses it' }))
  return { kept: fieldsThat(body, (name) => !rejected.includes(name)), losses }
}
