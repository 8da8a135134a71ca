import type { Json } from '#canonical/request.ts'
import { type Family, markBase64, type Probe } from './probe.ts'

const hello = { role: 'user', parts: [{ text: 'Hello.' }] }
const user = (...parts: readonly Json[]): Json => ({ contents: [{ role: 'user', parts: [{ text: 'Hello.' }, ...parts] }] })
const model = (...parts: readonly Json[]): Json => ({ contents: [hello, { role: 'model', parts }, hello] })
const inline = (mimeType: string): Json => ({ inlineData: { mimeType, data: markBase64 } })
const file = (mimeType: string, fileUri: string): Json => ({ fileData: { mimeType, fileUri } })
const declared = { name: 'f', parametersJsonSchema: { type: 'object', properties: { a: { type: 'string' } } } }
const tools = [{ functionDeclarations: [declared] }]
const call = { functionCall: { name: 'f', args: { a: 'PROBE' } } }
const called = { tools, contents: [hello, { role: 'model', parts: [call] }] }
const result = (given: Json): Json => ({
  tools,
  contents: [...called.contents, { role: 'user', parts: [{ functionResponse: { name: 'f', ...given } }] }],
})
const config = (given: Json): Json => ({ generationConfig: given })
const calling = (given: Json): Json => ({ tools, toolConfig: { functionCallingConfig: given } })
const shown = 'the client is shown what there is'
const elsewhere = 'thoughts belong to the vendor whose model had them'
const everywhereElse = { 'openai-chat': elsewhere, 'openai-responses': elsewhere, anthropic: elsewhere }

const content: readonly Probe[] = [
  { field: 'systemInstruction', body: { systemInstruction: { parts: [{ text: 'PROBE' }] } } },
  { field: 'text', body: { contents: [{ role: 'user', parts: [{ text: 'PROBE' }] }] } },
  { field: 'inlineData (image)', body: user(inline('image/png')) },
  { field: 'inlineData (PDF)', body: user(inline('application/pdf')) },
  { field: 'inlineData (text)', body: user(inline('text/plain')) },
  { field: 'inlineData (audio)', body: user(inline('audio/wav')) },
  { field: 'inlineData (video)', body: user(inline('video/mp4')) },
  { field: 'fileData (image, link)', body: user(file('image/png', 'https://example.com/PROBE.png')) },
  { field: 'fileData (PDF, link)', body: user(file('application/pdf', 'https://example.com/PROBE.pdf')) },
  { field: 'fileData (kept at Google)', body: user(file('image/png', 'gs://bucket/PROBE.png')) },
  {
    field: 'videoMetadata',
    body: user({ ...inline('image/png'), videoMetadata: { fps: 1 } }),
    without: user(inline('image/png')),
  },
  { field: 'functionCall', body: called, without: { tools } },
  { field: 'functionResponse', body: result({ response: { output: 'PROBE!' } }), without: called },
  { field: 'functionResponse with an error', body: result({ response: { error: 'PROBE!' } }), without: called },
  {
    field: 'functionResponse.parts',
    body: result({ response: { output: 'x' }, parts: [inline('image/png')] }),
    without: result({ response: { output: 'x' } }),
  },
  {
    field: 'a thought',
    body: model({ text: 'PROBE', thought: true, thoughtSignature: 'U0lH' }, { text: 'Hi.' }),
    without: model({ text: 'Hi.' }),
    silent: everywhereElse,
  },
  {
    field: 'thoughtSignature',
    body: model({ text: 'Hi.', thoughtSignature: 'PROBE' }),
    without: model({ text: 'Hi.' }),
    silent: everywhereElse,
  },
  {
    field: 'executableCode',
    body: model({ executableCode: { language: 'PYTHON', code: 'PROBE' } }, { text: 'Hi.' }),
    without: model({ text: 'Hi.' }),
  },
]

const toolProbes: readonly Probe[] = [
  { field: 'functionDeclarations[]', body: { tools } },
  { field: 'tools[] of Google, alone', body: { tools: [{ googleSearch: {} }] } },
  { field: 'tools[] of Google, beside functions', body: { tools: [...tools, { googleSearch: {} }] }, without: { tools } },
  { field: 'functionCallingConfig ANY', body: calling({ mode: 'ANY' }), without: { tools } },
  {
    field: 'functionCallingConfig NONE',
    body: calling({ mode: 'NONE' }),
    without: { tools },
    silent: { 'bedrock-converse': 'the tools are not shown' },
  },
  { field: 'functionCallingConfig VALIDATED', body: calling({ mode: 'VALIDATED' }), without: { tools } },
  {
    field: 'allowedFunctionNames',
    body: calling({ mode: 'ANY', allowedFunctionNames: ['f'] }),
    without: calling({ mode: 'ANY' }),
  },
]

const schema = { type: 'object', properties: { a: { type: 'string' } } }

const params: readonly Probe[] = [
  { field: 'maxOutputTokens', body: config({ maxOutputTokens: 4242 }) },
  { field: 'stopSequences', body: config({ stopSequences: ['PROBE'] }) },
  { field: 'candidateCount', body: config({ candidateCount: 2 }) },
  { field: 'temperature', body: config({ temperature: 0.42 }) },
  { field: 'topP', body: config({ topP: 0.42 }) },
  { field: 'topK', body: config({ topK: 42 }) },
  { field: 'presencePenalty', body: config({ presencePenalty: 0.42 }) },
  { field: 'frequencyPenalty', body: config({ frequencyPenalty: 0.42 }) },
  { field: 'seed', body: config({ seed: 42 }) },
  { field: 'responseLogprobs', body: config({ responseLogprobs: true }) },
  { field: 'responseMimeType', body: config({ responseMimeType: 'application/json' }) },
  { field: 'responseJsonSchema', body: config({ responseMimeType: 'application/json', responseJsonSchema: schema }) },
  { field: 'responseModalities', body: config({ responseModalities: ['TEXT', 'IMAGE'] }) },
  { field: 'speechConfig', body: config({ speechConfig: { voiceConfig: {} } }) },
  { field: 'mediaResolution', body: config({ mediaResolution: 'MEDIA_RESOLUTION_LOW' }) },
  { field: 'thinkingConfig.thinkingLevel', body: config({ thinkingConfig: { thinkingLevel: 'LOW' } }) },
  { field: 'thinkingConfig.thinkingBudget', body: config({ thinkingConfig: { thinkingBudget: 2000 } }) },
  {
    field: 'thinkingConfig.includeThoughts',
    body: config({ thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true } }),
    without: config({ thinkingConfig: { thinkingLevel: 'LOW' } }),
    silent: { 'openai-chat': shown, anthropic: shown },
  },
  { field: 'safetySettings', body: { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] } },
  { field: 'cachedContent', body: { cachedContent: 'cachedContents/PROBE' } },
  { field: 'serviceTier', body: { serviceTier: 'flex' } },
  { field: 'labels', body: { labels: { a: 'PROBE' } } },
  { field: 'an unknown field', body: { surprise: 'PROBE' } },
]

export const gemini: Family = {
  dialect: 'gemini',
  title: 'Gemini generateContent',
  path: '/v1beta/models/m:generateContent',
  plain: { contents: [hello] },
  probes: [...content, ...toolProbes, ...params],
}
