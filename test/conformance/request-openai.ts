import { asArray, asBoolean, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { type Meaning, MeaningBuilder, schemaNames, stringsOf, toolLine } from './meaning.ts'

/** Reads an OpenAI Chat Completions request. */
export function readChatRequest(body: JsonObject): Meaning {
  const found = new MeaningBuilder()
  for (const message of asArray(body['messages']).map(asObject)) readChatMessage(found, message)
  const tools = asArray(body['tools']).map(asObject)
  const format = asObject(body['response_format'])
  return found.done({
    tools: [...tools.flatMap((tool) => chatTool(tool)), ...asArray(body['functions']).map(asObject).map(functionLine)],
    toolChoice: choiceOf(body['tool_choice'] ?? body['function_call']),
    maxOutput: asNumber(body['max_completion_tokens'] ?? body['max_tokens']),
    stop: stringsOf(body['stop']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    // The old form of tools has room for one call.
    parallel: asBoolean(body['parallel_tool_calls']) ?? (Array.isArray(body['functions']) ? false : undefined),
    schema: schemaOf(format['type'], asObject(asObject(format['json_schema'])['schema'])),
  })
}

function functionLine(given: JsonObject): string {
  return toolLine(given['name'], given['description'], given['parameters'])
}

function customLine(given: JsonObject): string {
  return toolLine(given['name'], given['description'], { properties: { input: {} } })
}

/** A tool that runs at the provider has neither. */
function chatTool(tool: JsonObject): readonly string[] {
  if (isObject(tool['custom'])) return [customLine(tool['custom'])]
  return isObject(tool['function']) ? [functionLine(tool['function'])] : []
}

function readChatMessage(found: MeaningBuilder, message: JsonObject): void {
  const { role, content } = message
  switch (role) {
    case 'system':
    case 'developer':
      found.system(textOf(found, content))
      break
    case 'tool':
    case 'function':
      found.result(textOf(found, content), message['tool_call_id'] ?? message['name'])
      break
    default:
      found.say(role === 'assistant' ? 'assistant' : 'user', textOf(found, content) + (asString(message['refusal']) ?? ''))
      for (const call of asArray(message['tool_calls']).map(asObject)) readChatCall(found, call)
      if (isObject(message['function_call'])) readChatCall(found, { function: message['function_call'] })
  }
}

function readChatCall(found: MeaningBuilder, call: JsonObject): void {
  const custom = asObject(call['custom'])
  if (call['type'] === 'custom') found.call(asString(custom['name']) ?? '', { input: custom['input'] }, call['id'])
  else found.call(asString(asObject(call['function'])['name']) ?? '', asObject(call['function'])['arguments'], call['id'])
}

/** Reads an OpenAI Responses request. */
export function readResponsesRequest(body: JsonObject): Meaning {
  const found = new MeaningBuilder()
  found.system(asString(body['instructions']) ?? '')
  const { input } = body
  if (typeof input === 'string') found.say('user', input)
  const items = asArray(input).map(asObject)
  // What a client found for the model's search is that search's own affair: the tools found are declared anyway.
  const searches = new Set(items.filter(({ type }) => type === 'tool_search_call').map((item) => item['call_id']))
  for (const item of items) if (item['output'] === undefined || !searches.has(item['call_id'])) readItem(found, item)
  const format = asObject(asObject(body['text'])['format'])
  return found.done({
    tools: responsesTools(body, items),
    toolChoice: choiceOf(body['tool_choice']),
    maxOutput: asNumber(body['max_output_tokens']),
    stop: stringsOf(body['stop']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    parallel: asBoolean(body['parallel_tool_calls']),
    schema: schemaOf(format['type'], asObject(format['schema'])),
  })
}

/** The functions of the request and those that items of the conversation bring along, each once. */
function responsesTools(body: JsonObject, items: readonly JsonObject[]): readonly string[] {
  const bring = items.filter(({ type }) => type === 'additional_tools' || type === 'tool_search_output')
  const lists = [body, ...bring].map((place) => asArray(place['tools']).map(asObject))
  return [...new Set(lists.flat().flatMap((tool) => callable(tool)))]
}

/** A namespace groups functions; elsewhere its name is the beginning of theirs. */
function callable(tool: JsonObject): readonly string[] {
  if (tool['type'] === 'function') return [functionLine(tool)]
  if (tool['type'] === 'custom') return [customLine(tool)]
  if (tool['type'] !== 'namespace') return []
  const name = asString(tool['name']) ?? ''
  const prefix = name.endsWith('__') ? name : `${name}__`
  return asArray(tool['tools']).flatMap((inner) => callable(asObject(inner)).map((line) => prefix + line))
}

function readItem(found: MeaningBuilder, item: JsonObject): void {
  switch (item['type']) {
    case 'function_call':
      found.call(asString(item['name']) ?? '', item['arguments'], item['call_id'])
      break
    case 'custom_tool_call':
      found.call(asString(item['name']) ?? '', { input: item['input'] }, item['call_id'])
      break
    case 'function_call_output':
    case 'custom_tool_call_output':
      found.result(textOf(found, item['output']), item['call_id'])
      break
    case 'message':
    case undefined: {
      const text = textOf(found, item['content'])
      if (item['role'] === 'system' || item['role'] === 'developer') found.system(text)
      else found.say(item['role'] === 'assistant' ? 'assistant' : 'user', text)
    }
  }
}

/** The text of a content; images and files are counted beside. */
function textOf(found: MeaningBuilder, content: unknown): string {
  if (typeof content === 'string') return content
  let text = ''
  for (const part of asArray(content).map(asObject)) {
    const type = asString(part['type']) ?? 'text'
    const file = asObject(part['file'] ?? part)
    const [, mime, data] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(asString(file['file_data']) ?? '') ?? []
    if (type.includes('image')) found.image(asObject(part['image_url'])['url'] ?? part['image_url'] ?? part['file_id'])
    else if (mime !== undefined) text += found.document(mime, data ?? '', [file['filename']]) ?? ''
    else if (mediaTypes.has(type)) found.file(mediaOf(part, file))
    else if (type !== 'thinking') text += asString(part['text']) ?? asString(part['refusal']) ?? ''
  }
  return text
}

function mediaOf(part: JsonObject, file: JsonObject): unknown {
  const audio = part['input_audio']
  const video = asObject(part['video_url'])['url']
  const address = part['document_url'] ?? part['audio_url'] ?? video
  return file['file_id'] ?? file['file_url'] ?? file['file_data'] ?? asObject(audio)['data'] ?? audio ?? address
}

const mediaTypes = new Set(['input_audio', 'file', 'input_file', 'document_url', 'video_url', 'audio_url', 'input_video'])

function choiceOf(choice: unknown): string | undefined {
  if (choice === 'auto') return undefined
  if (choice === 'any') return 'required'
  if (typeof choice === 'string') return choice
  if (!isObject(choice)) return undefined
  const name = choice['name'] ?? asObject(choice['function'] ?? choice['custom'])['name']
  if (typeof name === 'string') return `one:${name}`
  const allowed = asObject(choice['allowed_tools'] ?? choice)
  const names = asArray(allowed['tools']).map((tool) => asObject(tool)['name'] ?? asObject(asObject(tool)['function'])['name'])
  if (names.length === 0) return undefined
  return `${allowed['mode'] === 'required' ? 'required' : 'auto'}:${names.join(',')}`
}

function schemaOf(type: unknown, schema: JsonObject): string | undefined {
  if (type === 'json_schema') return schemaNames(schema)
  return type === 'json_object' ? 'any' : undefined
}
