import fc, { type Arbitrary } from 'fast-check'
import type { Message, OutputFormat, Part, Request, Tool, ToolChoice } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { args, callId, name, type RoundTripDialect, text } from './arbitrary-answers.ts'
import { plainRequest } from './plain-request.ts'
import { requestRanges } from './request-ranges.ts'

const said: Arbitrary<Part> = text.map((value) => ({ kind: 'text', text: value }))

function maybe<T>(value: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined })
}

const schema = fc
  .dictionary(
    name,
    fc.constantFrom<object>({ type: 'string' }, { type: 'integer' }, { type: 'array', items: { type: 'string' } }),
    {
      minKeys: 1,
      maxKeys: 3,
    },
  )
  .map((properties) => ({ type: 'object', properties: { ...properties } }))

function toolsOf(dialect: RoundTripDialect): Arbitrary<readonly Tool[]> {
  // Functions of OpenAI Responses are strict unless they say no.
  const strict = dialect === 'openai-responses' ? false : undefined
  const tool = fc
    .record({ name, description: maybe(text), schema })
    .map((given) => compact({ kind: 'function' as const, ...given, strict }))
  return fc.uniqueArray(tool, { maxLength: 3, selector: (given) => given.name })
}

function choiceAmong(tools: readonly Tool[]): Arbitrary<ToolChoice | undefined> {
  const named = tools.flatMap((given) => (given.kind === 'builtin' ? [] : [{ mode: 'one' as const, names: [given.name] }]))
  if (named.length === 0) return fc.constant(undefined)
  const modes = fc.constantFrom<ToolChoice['mode']>('auto', 'none', 'required').map((mode): ToolChoice => ({ mode }))
  return maybe(fc.oneof(modes, fc.constantFrom(...named)))
}

/** A turn of the model: a thought maybe, a text maybe, and calls that are answered at once. */
function modelTurn(dialect: RoundTripDialect, tools: readonly Tool[]): Arbitrary<readonly Message[]> {
  const [first] = tools
  const offered = first === undefined || first.kind === 'builtin' ? [] : [first.name]
  const call = fc.record({ id: callId, args }).map(({ id, args: given }): Part & { kind: 'tool_call' } => ({
    kind: 'tool_call',
    id,
    name: offered[0] ?? '',
    args: given,
  }))
  const calls = offered.length === 0 ? fc.constant([]) : fc.uniqueArray(call, { maxLength: 2, selector: ({ id }) => id })
  const { thought } = requestRanges[dialect]
  const thinks = thought === undefined ? fc.constant(undefined) : maybe(thought)
  return fc
    .tuple(thinks, said, calls, fc.array(text, { minLength: 2, maxLength: 2 }))
    .map(([reasoning, words, made, results]) => [
      { role: 'assistant', parts: [...(reasoning === undefined ? [] : [reasoning]), words, ...made] },
      ...made.map(({ id, name: called }, at): Message => {
        const result: Part = { kind: 'tool_result', callId: id, name: called, parts: [{ kind: 'text', text: results[at] ?? '' }] }
        return { role: 'tool', parts: [result] }
      }),
    ])
}

function messagesOf(dialect: RoundTripDialect, tools: readonly Tool[]): Arbitrary<readonly Message[]> {
  const system = maybe(text.map((value): Message => ({ role: 'system', parts: [{ kind: 'text', text: value }] })))
  const user = fc
    .tuple(said, fc.array(requestRanges[dialect].media, { maxLength: 2 }))
    .map(([words, media]): Message => ({ role: 'user', parts: [words, ...media] }))
  const exchange = fc.tuple(user, modelTurn(dialect, tools)).map(([asked, answered]) => [asked, ...answered])
  return fc
    .tuple(system, fc.array(exchange, { maxLength: 2 }), user)
    .map(([first, exchanges, last]) => [...(first === undefined ? [] : [first]), ...exchanges.flat(), last])
}

function outputOf(dialect: RoundTripDialect): Arbitrary<OutputFormat> {
  const unnamed = dialect === 'anthropic' || dialect === 'gemini'
  // Anthropic's structured outputs are always strict, OpenAI Responses' unless they say no.
  const strict = dialect === 'anthropic' ? { strict: true } : dialect === 'openai-responses' ? { strict: false } : {}
  const asked = schema.map((given): OutputFormat => {
    const closed = { ...given, required: Object.keys(given.properties), additionalProperties: false }
    return { format: 'json_schema', schema: { ...(unnamed ? {} : { name: 'answer' }), schema: closed, ...strict } }
  })
  const formats = [fc.constant<OutputFormat>({ format: 'text' }), asked]
  if (dialect !== 'anthropic') formats.push(fc.constant<OutputFormat>({ format: 'json' }))
  return fc.oneof(...formats)
}

/** Requests that the dialect can express. */
export function requestsOf(dialect: RoundTripDialect): Arbitrary<Request> {
  const range = requestRanges[dialect]
  return toolsOf(dialect).chain((tools) =>
    fc
      .record({
        messages: messagesOf(dialect, tools),
        toolChoice: choiceAmong(tools),
        parallelTools: tools.length === 0 || dialect === 'gemini' ? fc.constant(undefined) : maybe(fc.boolean()),
        params: range.params,
        output: outputOf(dialect),
        reasoning: maybe(range.reasoning),
        stream: fc.boolean(),
        more: range.more,
      })
      .map(({ more, ...given }): Request => sensible(compact({ ...plainRequest(dialect), ...more, ...given, tools }))),
  )
}

/** What goes together where. */
function sensible(request: Request): Request {
  switch (request.dialect) {
    case 'anthropic':
      return forClaude(request)
    case 'gemini':
      return request
    default: {
      // The word must be read where JSON is asked for.
      const asked: Message = { role: 'user', parts: [{ kind: 'text', text: 'JSON' }] }
      return request.output.format === 'json' ? { ...request, messages: [...request.messages, asked] } : request
    }
  }
}

/**
 * A Claude that thinks takes no sampling, and no calls that it made without a thought; that calls may come at once is its
 * default, and `none` has no place for the opposite.
 */
function forClaude(request: Request): Request {
  const { parallelTools, reasoning, ...rest } = request
  const { params, toolChoice, messages } = rest
  const { temperature: _temperature, topP: _topP, topK: _topK, ...quiet } = params
  const thoughtless = messages.some(({ parts }) => parts.some(isCall) && !parts.some(({ kind }) => kind === 'reasoning'))
  const fitted = reasoning === undefined || thoughtless ? rest : { ...rest, reasoning, params: quiet }
  if (parallelTools !== false || toolChoice?.mode === 'none') return fitted
  return { ...fitted, parallelTools, toolChoice: toolChoice ?? { mode: 'auto' } }
}

function isCall({ kind }: Part): boolean {
  return kind === 'tool_call'
}
