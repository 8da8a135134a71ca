import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'

export type WrittenOutput = { readonly fields: Json; readonly messages: readonly Json[]; readonly losses: readonly Loss[] }

/** The form of the answer. Where a schema is not taken, JSON is asked for and the schema stands in the system prompt. */
export function writeOutput(request: Request, { quirks }: EncodeTarget, messages: readonly Json[]): WrittenOutput {
  const { output } = request
  const taken = quirks.chat?.responseFormat ?? 'both'
  const losses: Loss[] = []
  if (output.modalities?.some((modality) => modality !== 'text') === true && request.dialect !== 'openai-chat') {
    losses.push({ field: 'modalities', severity: 'refuse', reason: 'the provider answers in text' })
  }
  const modalities = request.dialect === 'openai-chat' ? output.modalities : undefined
  const fields = (format: Json | undefined): Json => compact({ modalities, response_format: format })
  if (output.format === 'text') return { fields: fields(undefined), messages, losses }
  if (taken === 'none') return { fields: fields(undefined), messages: withHint(messages, hintOf(request)), losses: [...losses, asked] }
  if (output.format === 'json') return { fields: fields({ type: 'json_object' }), messages: mentionsJson(messages) ? messages : withHint(messages, 'Answer with JSON.'), losses }
  if (taken === 'json_object_only') return { fields: fields({ type: 'json_object' }), messages: withHint(messages, hintOf(request)), losses: [...losses, asked] }
  const { name = 'response', description, schema = {}, strict } = output.schema ?? {}
  return { fields: fields({ type: 'json_schema', json_schema: compact({ name, description, schema, strict }) }), messages, losses }
}

const asked: Loss = { field: 'response_format', severity: 'drop', reason: 'the provider takes no schema: it is asked for in words' }

function hintOf({ output }: Request): string {
  return output.schema === undefined
    ? 'Answer with one JSON object and nothing else.'
    : `Answer with JSON that conforms to this JSON Schema, and nothing else:\n${JSON.stringify(output.schema.schema)}`
}

/** OpenAI and others refuse JSON mode unless the prompt has the word. */
function mentionsJson(messages: readonly Json[]): boolean {
  return /json/i.test(JSON.stringify(messages))
}

function withHint(messages: readonly Json[], hint: string): readonly Json[] {
  const [first, ...rest] = messages
  if (first?.['role'] === 'system' && typeof first['content'] === 'string') return [{ ...first, content: `${first['content']}\n\n${hint}` }, ...rest]
  return [{ role: 'system', content: hint }, ...messages]
}
