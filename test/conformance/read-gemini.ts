import type { GenerateContentResponse, GoogleGenAI } from '@google/genai'
import type { ReadChoice, Reading } from './expected.ts'

/** Asks for a model through Google's SDK. */
export async function readThroughGemini(client: GoogleGenAI, model: string, stream: boolean): Promise<Reading> {
  const chunks: GenerateContentResponse[] = []
  if (stream)
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'Hello' })) chunks.push(chunk)
  else chunks.push(await client.models.generateContent({ model, contents: 'Hello' }))
  const choices = new Map<number, { text: string; calls: { name: string; args: string }[]; finish: string }>()
  for (const chunk of chunks) {
    for (const candidate of chunk.candidates ?? []) {
      const choice = choices.get(candidate.index ?? 0) ?? { text: '', calls: [], finish: '' }
      choices.set(candidate.index ?? 0, choice)
      // Some servers tell the enum's number, which the SDK hands on.
      choice.finish = String(candidate.finishReason ?? choice.finish)
      for (const part of candidate.content?.parts ?? []) {
        if (part.text !== undefined && part.thought !== true) choice.text += part.text
        if (part.functionCall)
          choice.calls.push({ name: part.functionCall.name ?? '', args: JSON.stringify(part.functionCall.args ?? {}) })
      }
    }
  }
  const usage = chunks.findLast((chunk) => chunk.usageMetadata)?.usageMetadata
  const ordered: ReadChoice[] = [...choices.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, choice]) => ({ ...choice, finish: finishOf(choice.finish, choice.calls.length > 0) }))
  return {
    choices: ordered,
    usage: usage
      ? {
          input: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
          output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
        }
      : undefined,
  }
}

function finishOf(reason: string, called: boolean): string {
  if (reason === 'STOP' || reason === '1') return called ? 'tool_calls' : 'stop'
  return reason === 'MAX_TOKENS' || reason === '2' ? 'length' : 'content_filter'
}
