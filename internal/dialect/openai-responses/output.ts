import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { takesFieldsOf } from '../quirks.ts'

export type WrittenOutput = { readonly fields: Json; readonly input: readonly Json[]; readonly losses: readonly Loss[] }

/** The form of the answer. Where a schema is not taken, JSON is asked for and the schema stands in a system message. */
export function writeOutput({ output }: Request, { quirks, traits }: EncodeTarget, input: readonly Json[]): WrittenOutput {
  const losses: Loss[] = []
  if (output.modalities?.some((modality) => modality !== 'text') === true)
    losses.push({ field: 'modalities', severity: 'refuse', reason: 'the provider answers in text' })
  const verbosity = takesFieldsOf(quirks, 'openai') ? output.verbosity : undefined
  if (output.verbosity !== undefined && verbosity === undefined)
    losses.push({ field: 'verbosity', severity: 'drop', reason: 'the provider does not know it' })
  const fields = (format: Json | undefined): Json =>
    format === undefined && verbosity === undefined ? {} : { text: compact({ format, verbosity }) }
  if (output.format === 'text') return { fields: fields(undefined), input, losses }
  if (output.format === 'json')
    return {
      fields: fields({ type: 'json_object' }),
      input: mentionsJson(input) ? input : withHint(input, 'Answer with JSON.'),
      losses,
    }
  const { name = 'response', description, schema = {}, strict } = output.schema ?? {}
  if (traits.jsonSchema)
    return { fields: fields(compact({ type: 'json_schema', name, description, schema, strict })), input, losses }
  losses.push({ field: 'response_format', severity: 'drop', reason: 'the model takes no schema: it is asked for in words' })
  const hint = `Answer with JSON that conforms to this JSON Schema, and nothing else:\n${JSON.stringify(schema)}`
  return { fields: fields({ type: 'json_object' }), input: withHint(input, hint), losses }
}

/** OpenAI refuses JSON mode unless the input has the word; `instructions` do not count. */
function mentionsJson(input: readonly Json[]): boolean {
  return input.some((item) => item['type'] === 'message' && /json/i.test(JSON.stringify(item['content'])))
}

function withHint(input: readonly Json[], hint: string): readonly Json[] {
  return [{ type: 'message', role: 'system', content: hint }, ...input]
}
