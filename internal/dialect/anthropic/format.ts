import type { Json, Request } from '#canonical/request.ts'
import { strictSchema } from '../strict-schema.ts'
import type { Writer } from './write-content.ts'

/** `output_config.format`, or words for the system text where the model cannot be held to a format. */
export type WrittenFormat = { readonly format?: Json; readonly hint?: string }

/** A schema goes natively where the model takes it; all else is asked for in words, and named as lost. */
export function writeFormat({ output }: Request, { target, losses }: Writer): WrittenFormat {
  if (output.format === 'text') return {}
  const schema = output.format === 'json_schema' ? output.schema?.schema : undefined
  const strict = schema !== undefined && target.traits.jsonSchema ? strictSchema(schema) : undefined
  if (strict !== undefined) return { format: { type: 'json_schema', schema: strict } }
  losses.push({ field: 'response_format', severity: 'drop', reason: 'the model cannot be held to it: it is asked for in words' })
  if (schema === undefined) return { hint: 'Answer with one JSON object and nothing else: no code fence, no words around it.' }
  const words = 'Answer with JSON that conforms to this JSON Schema and nothing else: no code fence, no words around it.'
  return { hint: `${words}\n${JSON.stringify(schema)}` }
}
