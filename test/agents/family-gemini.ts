import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import type { Asked, Family, Reply } from './scripted-provider.ts'

type Problem = (text: string) => void

const fields = new Set(
  `contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels serviceTier store`.split(
    /\s+/,
  ),
)

/** Keywords of the `Schema` that `parameters` takes; all others are unknown names to the parser. */
const keywords = new Set(
  `type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength
   maxLength pattern example anyOf propertyOrdering default items minimum maximum`.split(/\s+/),
)

/** Gemini's generateContent. Source of the rules: ai.google.dev/api, errors of the API as recorded. */
export const geminiFamily: Family = {
  read(body, problem) {
    for (const field of Object.keys(body)) if (!fields.has(field)) problem(`Unknown name "${field}": Cannot find field.`)
    const contents = asArray(body['contents']).map(asObject)
    contents.forEach((content, at) => {
      checkTurn(content, contents[at + 1], problem)
    })
    const last = partsOf(contents.at(-1)).flatMap((part) =>
      'functionResponse' in part ? [asObject(part['functionResponse'])] : [],
    )
    const media = [...partsOf(contents.at(-1)), ...last.flatMap((response) => asArray(response['parts']).map(asObject))]
    return {
      turns: contents.filter((content) => callsIn(content).length > 0).length,
      results: last.map((response) => JSON.stringify(response['response'])),
      images: media.flatMap((part) => asString(asObject(part['inlineData'])['mimeType']) ?? []),
      tools: readTools(body['tools'], problem),
      thinks: asObject(asObject(body['generationConfig'])['thinkingConfig'])['includeThoughts'] === true,
    }
  },
  write: (reply) => write(reply),
  refuse: (message) => JSON.stringify({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
}

function partsOf(content: JsonObject | undefined): readonly JsonObject[] {
  return asArray(content?.['parts']).map(asObject)
}

function callsIn(content: JsonObject | undefined): readonly JsonObject[] {
  return partsOf(content).filter((part) => 'functionCall' in part)
}

/** As many responses as calls in the next turn; the first call of a turn brings its signature back. */
function checkTurn(content: JsonObject, next: JsonObject | undefined, problem: Problem): void {
  if (content['role'] !== 'user' && content['role'] !== 'model') problem('Please use a valid role: user, model.')
  if (partsOf(content).length === 0) problem('contents.parts must not be empty.')
  const calls = callsIn(content)
  const answers = partsOf(next).filter((part) => 'functionResponse' in part)
  if (calls.length !== answers.length) problem('the number of function response parts must equal that of function call parts')
  const [first] = calls
  if (first !== undefined && !/^c2lnb/.test(asString(first['thoughtSignature']) ?? ''))
    problem('Function call is missing a thought_signature in functionCall parts.')
}

function readTools(value: unknown, problem: Problem): Asked['tools'] {
  const tools = new Map<string, string | undefined>()
  for (const tool of asArray(value).map(asObject)) {
    for (const kind of Object.keys(tool)) if (kind !== 'functionDeclarations') problem(`Unknown name "${kind}" at 'tools[0]'`)
    for (const declared of asArray(tool['functionDeclarations']).map(asObject)) {
      const name = asString(declared['name']) ?? ''
      if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(name)) problem(`Invalid function name: ${name}`)
      if (tools.has(name)) problem(`Duplicate function declaration found: ${name}`)
      checkSchema(declared['parameters'], name, problem)
      const schema = asObject(declared['parameters'] ?? declared['parametersJsonSchema'])
      tools.set(name, Object.keys(asObject(schema['properties']))[0])
    }
  }
  return tools
}

function checkSchema(value: unknown, at: string, problem: Problem): void {
  if (value === undefined) return
  const schema = asObject(value)
  for (const keyword of Object.keys(schema)) if (!keywords.has(keyword)) problem(`Unknown name "${keyword}" at '${at}'`)
  for (const [name, inner] of Object.entries(asObject(schema['properties']))) checkSchema(inner, `${at}.${name}`, problem)
  checkSchema(schema['items'], `${at}.items`, problem)
  asArray(schema['anyOf']).forEach((inner, index) => {
    checkSchema(inner, `${at}.anyOf[${index}]`, problem)
  })
}

function write({ turn, thinks, text, calls }: Reply): readonly string[] {
  const parts: JsonObject[] = [
    ...(thinks ? [{ text: `thought of turn ${turn}`, thought: true }] : []),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ name, args }, index) => ({
      functionCall: { name, args },
      ...(index === 0 ? { thoughtSignature: Buffer.from(`signature of turn ${turn}`).toString('base64') } : {}),
    })),
  ]
  const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 }
  return parts.map((part, at) => {
    const end = at === parts.length - 1 ? { finishReason: 'STOP' } : {}
    const candidates = [{ index: 0, content: { role: 'model', parts: [part] }, ...end }]
    return `data: ${JSON.stringify({ candidates, usageMetadata, modelVersion: 'gemini', responseId: `r${turn}` })}\r\n\r\n`
  })
}
