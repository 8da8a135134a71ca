import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import type { Asked, Family, Reply } from './scripted-provider.ts'

type Problem = (text: string) => void

/** What Messages takes; anything else is `Extra inputs are not permitted`. */
const fields = new Set(
  `model max_tokens messages system tools tool_choice stream temperature top_p top_k stop_sequences metadata thinking
   service_tier output_config cache_control container mcp_servers context_management`.split(/\s+/),
)

/** Claude Opus 4.5's Messages. Source of the rules: docs.claude.com, errors of the API as recorded. */
export const anthropicFamily: Family = {
  read(body, problem) {
    for (const field of Object.keys(body)) if (!fields.has(field)) problem(`${field}: Extra inputs are not permitted`)
    if (typeof body['max_tokens'] !== 'number') problem('max_tokens: Field required')
    const messages = asArray(body['messages']).map(asObject)
    if (messages[0]?.['role'] !== 'user') problem('messages: first message must use the user role')
    const { type: thinking = 'disabled' } = asObject(body['thinking'])
    const thinks = thinking === 'enabled'
    if (thinking === 'adaptive') problem('adaptive thinking is not supported on this model')
    messages.forEach((message, at) => {
      checkMessage(message, messages[at + 1], thinks, problem)
    })
    return { ...resultsOf(messages), tools: readTools(body['tools'], problem), thinks }
  },
  write: (reply) => write(reply),
  refuse: (message) => JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }),
}

function blocksOf(message: JsonObject | undefined): readonly JsonObject[] {
  const content = message?.['content']
  return typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content).map(asObject)
}

/** Calls are answered in the next message; a turn that thought before it called gives its signed thought back. */
function checkMessage(message: JsonObject, next: JsonObject | undefined, thinks: boolean, problem: Problem): void {
  const blocks = blocksOf(message)
  if (blocks.length === 0) problem('messages: text content blocks must be non-empty')
  for (const block of blocks)
    if (block['type'] === 'text' && block['text'] === '') problem('text content blocks must be non-empty')
  const called = blocks.flatMap((block) => (block['type'] === 'tool_use' ? [block['id']] : []))
  const answered = blocksOf(next).flatMap((block) => (block['type'] === 'tool_result' ? [block['tool_use_id']] : []))
  if (called.join() !== answered.join()) problem(`tool_use ids without tool_result blocks right after: ${called} / ${answered}`)
  if (!thinks || called.length === 0) return
  const [first] = blocks
  if (first?.['type'] !== 'thinking') problem('expected `thinking` before `tool_use` when thinking is enabled')
  else if (first['signature'] !== signatureOf(asString(first['thinking']) ?? ''))
    problem('Invalid `signature` in `thinking` block')
}

function signatureOf(thinking: string): string {
  return Buffer.from(`signature of ${thinking}`).toString('base64')
}

function readTools(value: unknown, problem: Problem): Asked['tools'] {
  const tools = new Map<string, string | undefined>()
  for (const tool of asArray(value).map(asObject)) {
    const name = asString(tool['name']) ?? ''
    const schema = asObject(tool['input_schema'])
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) problem(`tools: String should match pattern: ${name}`)
    if (schema['type'] !== 'object') problem(`tools.${name}.input_schema.type: Field required`)
    if (tools.has(name)) problem('tools: Tool names must be unique')
    tools.set(name, Object.keys(asObject(schema['properties']))[0])
  }
  return tools
}

function resultsOf(messages: readonly JsonObject[]): Pick<Asked, 'turns' | 'results' | 'images'> {
  const turns = messages.filter((message) => blocksOf(message).some((block) => block['type'] === 'tool_use')).length
  const last = blocksOf(messages.at(-1)).filter((block) => block['type'] === 'tool_result')
  const parts = last.flatMap((block) => blocksOf(block))
  return {
    turns,
    results: parts.flatMap((part) => asString(part['text']) ?? []),
    images: parts.flatMap((part) => asString(asObject(part['source'])['media_type']) ?? []),
  }
}

function write({ turn, thinks, text, calls }: Reply): readonly string[] {
  const frames: string[] = []
  const send = (data: JsonObject): void => {
    frames.push(`event: ${data['type']}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  let index = 0
  const block = (content_block: JsonObject, deltas: readonly JsonObject[]): void => {
    send({ type: 'content_block_start', index, content_block })
    for (const delta of deltas) send({ type: 'content_block_delta', index, delta })
    send({ type: 'content_block_stop', index })
    index += 1
  }
  const usage = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }
  const message = {
    id: `msg_${turn}`,
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    usage,
  }
  send({ type: 'message_start', message })
  send({ type: 'ping' })
  if (thinks) {
    const thinking = `thought of turn ${turn}`
    const signature = signatureOf(thinking)
    block({ type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking },
      { type: 'signature_delta', signature },
    ])
  }
  if (text !== undefined) block({ type: 'text', text: '' }, [{ type: 'text_delta', text }])
  for (const { id, name, args } of calls) {
    const json = JSON.stringify(args)
    const cut = Math.ceil(json.length / 2)
    const deltas = ['', json.slice(0, cut), json.slice(cut)].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    block({ type: 'tool_use', id: `toolu_${id}`, name, input: {} }, deltas)
  }
  const delta = { stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null }
  send({ type: 'message_delta', delta, usage: { output_tokens: 20 } })
  send({ type: 'message_stop' })
  return frames
}
