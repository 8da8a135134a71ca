import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { type Meaning, MeaningBuilder, schemaNames, stringsOf, toolLine } from './meaning.ts'

/** Reads an Anthropic Messages request. */
export function readMessagesRequest(body: JsonObject): Meaning {
  const found = new MeaningBuilder()
  found.system(blockText(found, body['system']))
  for (const message of asArray(body['messages']).map(asObject)) {
    const role = message['role'] === 'assistant' ? 'assistant' : message['role'] === 'system' ? 'system' : 'user'
    if (typeof message['content'] === 'string') found.say(role, message['content'])
    for (const block of asArray(message['content']).map(asObject)) readBlock(found, role, block)
  }
  const tools = asArray(body['tools']).map(asObject)
  const format = asObject(asObject(body['output_config'])['format'] ?? body['output_format'])
  return found.done({
    tools: tools
      .filter(({ type }) => type === undefined || type === 'custom' || type === null)
      .map((tool) => toolLine(tool['name'], tool['description'], tool['input_schema'])),
    toolChoice: messagesChoice(asObject(body['tool_choice'])),
    maxOutput: asNumber(body['max_tokens']),
    stop: stringsOf(body['stop_sequences']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    parallel: asObject(body['tool_choice'])['disable_parallel_tool_use'] === true ? false : undefined,
    schema: format['type'] === 'json_schema' ? schemaNames(asObject(format['schema'])) : undefined,
  })
}

function readBlock(found: MeaningBuilder, role: 'user' | 'assistant' | 'system', block: JsonObject): void {
  switch (block['type']) {
    case 'tool_use':
      found.call(asString(block['name']) ?? '', block['input'], block['id'])
      break
    case 'tool_result':
      found.result(blockText(found, block['content']), block['tool_use_id'])
      break
    default:
      found.say(role, blockText(found, [block]))
  }
}

function blockText(found: MeaningBuilder, content: unknown): string {
  if (typeof content === 'string') return content
  let text = ''
  for (const block of asArray(content).map(asObject)) {
    if (block['type'] === 'compaction') text += asString(block['content']) ?? ''
    else if (block['type'] === 'image') found.image(sourceOf(asObject(block['source'])))
    else if (block['type'] === 'document') text += documentText(found, block)
    // A tool search of the client's own found this tool: all that the result says.
    else if (block['type'] === 'tool_reference') text += asString(block['tool_name']) ?? ''
    else if (block['type'] === 'text') text += asString(block['text']) ?? ''
  }
  return text
}

function sourceOf(source: JsonObject): unknown {
  return source['data'] ?? source['url'] ?? source['file_id']
}

function documentText(found: MeaningBuilder, block: JsonObject): string {
  const source = asObject(block['source'])
  const heads = [block['title'], block['context']]
  if (source['type'] === 'text') return found.textDocument(asString(source['data']) ?? '', heads)
  if (source['type'] === 'content') return found.textDocument(blockText(found, source['content']), heads)
  return found.document(asString(source['media_type']) ?? '', asString(sourceOf(source)) ?? '', heads) ?? ''
}

function messagesChoice(choice: JsonObject): string | undefined {
  if (choice['type'] === 'any') return 'required'
  if (choice['type'] === 'tool') return `one:${String(choice['name'])}`
  return choice['type'] === 'none' ? 'none' : undefined
}

/** Reads a Gemini request; Google's servers take both spellings of each name. */
export function readGeminiRequest(raw: JsonObject): Meaning {
  const body = asObject(camel(raw))
  const found = new MeaningBuilder()
  found.system(
    typeof body['systemInstruction'] === 'string'
      ? body['systemInstruction']
      : asArray(asObject(body['systemInstruction'])['parts'])
          .map((part) => asString(asObject(part)['text']) ?? '')
          .join(''),
  )
  const contents = asArray(body['contents']).map(asObject)
  for (const content of contents) {
    const role = content['role'] === 'model' ? 'assistant' : 'user'
    for (const part of asArray(content['parts']).map(asObject)) readPart(found, role, part)
  }
  const config = asObject(body['generationConfig'])
  // One tool need not be in a list.
  const listed = isObject(body['tools']) ? [body['tools']] : asArray(body['tools'])
  const declared = listed.flatMap((tool) => asArray(asObject(tool)['functionDeclarations']).map(asObject))
  const schema = config['responseJsonSchema'] ?? config['responseSchema']
  return found.done({
    tools: declared.map((tool) =>
      toolLine(tool['name'], tool['description'], tool['parametersJsonSchema'] ?? tool['parameters']),
    ),
    toolChoice: geminiChoice(asObject(asObject(body['toolConfig'])['functionCallingConfig'])),
    maxOutput: asNumber(config['maxOutputTokens']),
    stop: stringsOf(config['stopSequences']),
    temperature: asNumber(config['temperature']),
    topP: asNumber(config['topP']),
    parallel: undefined,
    schema: isObject(schema) ? schemaNames(schema) : config['responseMimeType'] === 'application/json' ? 'any' : undefined,
  })
}

function readPart(found: MeaningBuilder, role: 'user' | 'assistant', part: JsonObject): void {
  const call = part['functionCall']
  const response = part['functionResponse']
  if (isObject(call)) found.call(asString(call['name']) ?? '', call['args'], call['id'])
  else if (isObject(response)) {
    found.result(response['response'], response['name'])
    for (const media of asArray(response['parts']).map(asObject)) countMedia(found, media)
  } else if (isObject(part['inlineData']) || isObject(part['fileData'])) found.say(role, countMedia(found, part))
  else if (part['thought'] !== true) found.say(role, asString(part['text']) ?? '')
}

/** The text of a text document; all else is counted. */
function countMedia(found: MeaningBuilder, part: JsonObject): string {
  const media = asObject(part['inlineData'] ?? part['fileData'])
  const mime = asString(media['mimeType']) ?? ''
  const data = asString(media['data'])
  if (!mime.startsWith('image/'))
    return found.document(data === undefined ? '' : mime, data ?? asString(media['fileUri']) ?? '', [media['displayName']]) ?? ''
  found.image(data ?? media['fileUri'])
  return ''
}

function geminiChoice(config: JsonObject): string | undefined {
  const names = stringsOf(config['allowedFunctionNames'])
  if (config['mode'] === 'NONE') return 'none'
  const mode = config['mode'] === 'ANY' ? 'required' : undefined
  if (names.length === 0) return mode
  return names.length === 1 && mode ? `one:${names[0]}` : `${mode ?? 'auto'}:${names.join(',')}`
}

/** Both spellings become one, but for what is the user's own: arguments, results, schemas. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      const spelt = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
      return [spelt, own.has(spelt) ? entry : camel(entry)]
    }),
  )
}

const own = new Set(['args', 'response', 'parameters', 'parametersJsonSchema', 'responseSchema', 'responseJsonSchema'])
