import { asArray, asNumber, asObject, asString, isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { type Meaning, MeaningBuilder, schemaNames, stringsOf, toolLine } from './meaning.ts'

/** Reads a request to Bedrock's Converse. */
export function readConverseRequest(body: JsonObject): Meaning {
  const found = new MeaningBuilder()
  found.system(blockText(found, body['system']))
  for (const message of asArray(body['messages']).map(asObject)) {
    const role = message['role'] === 'assistant' ? 'assistant' : 'user'
    for (const block of asArray(message['content']).map(asObject)) readBlock(found, role, block)
  }
  const config = asObject(body['toolConfig'])
  const limits = asObject(body['inferenceConfig'])
  const specs = asArray(config['tools']).map((tool) => asObject(tool)['toolSpec'])
  return found.done({
    tools: specs
      .filter(isObject)
      .map((spec) => toolLine(spec['name'], spec['description'], asObject(spec['inputSchema'])['json'])),
    toolChoice: choiceOf(asObject(config['toolChoice'])),
    maxOutput: asNumber(limits['maxTokens']),
    stop: stringsOf(limits['stopSequences']),
    temperature: asNumber(limits['temperature']),
    topP: asNumber(limits['topP']),
    parallel: undefined,
    schema: schemaOf(asObject(asObject(body['outputConfig'])['textFormat'])),
  })
}

function readBlock(found: MeaningBuilder, role: 'user' | 'assistant', block: JsonObject): void {
  const { toolUse: call, toolResult: result } = block
  if (isObject(call)) found.call(asString(call['name']) ?? '', call['input'], call['toolUseId'])
  else if (isObject(result)) found.result(blockText(found, result['content']).replace('(no output)', ''), result['toolUseId'])
  else found.say(role, blockText(found, [block]))
}

function blockText(found: MeaningBuilder, content: unknown): string {
  let text = ''
  for (const block of asArray(content).map(asObject)) {
    const { image, document, video, audio } = block
    const file = video ?? audio
    if (isObject(image)) found.image(sourceOf(image))
    else if (isObject(document)) text += documentText(found, document)
    else if (isObject(file)) found.file(sourceOf(file))
    else text += asString(block['text']) ?? ''
  }
  return text
}

function documentText(found: MeaningBuilder, document: JsonObject): string {
  const source = asObject(document['source'])
  const heads = [document['name'], document['context']]
  if (typeof source['text'] === 'string') return found.textDocument(source['text'], heads)
  const mime = document['format'] === 'txt' ? 'text/plain' : ''
  return found.document(mime, asString(sourceOf(document)) ?? '', heads) ?? ''
}

function sourceOf(media: JsonObject): unknown {
  const source = asObject(media['source'])
  return source['bytes'] ?? asObject(source['s3Location'])['uri'] ?? source['text']
}

function choiceOf(choice: JsonObject): string | undefined {
  if (isObject(choice['any'])) return 'required'
  return isObject(choice['tool']) ? `one:${String(choice['tool']['name'])}` : undefined
}

function schemaOf(format: JsonObject): string | undefined {
  const text = asString(asObject(asObject(format['structure'])['jsonSchema'])['schema'])
  const parsed = text === undefined ? undefined : parseJson(text)
  return parsed?.ok === true ? schemaNames(asObject(parsed.value)) : undefined
}
