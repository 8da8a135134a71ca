import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { asArray, asObject, asString, compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'

export type WrittenOutput = { readonly fields: Json; readonly messages: readonly Json[]; readonly losses: readonly Loss[] }

/** What of a JSON schema the model takes natively; the rest is asked for in words. */
export function takenFormat({ quirks, traits }: EncodeTarget): 'both' | 'json_object_only' | 'none' {
  const taken = quirks.chat?.responseFormat ?? 'both'
  return taken === 'both' && !traits.jsonSchema ? 'json_object_only' : taken
}

/** The form of the answer. Where a schema is not taken, JSON is asked for and the schema stands in the system prompt. */
export function writeFormat({ output }: Request, target: EncodeTarget, messages: readonly Json[]): WrittenOutput {
  const taken = takenFormat(target)
  const format = (value: Json): Json => ({ response_format: value })
  switch (output.format) {
    case 'text':
      return { fields: {}, messages, losses: [] }
    case 'json': {
      const reminded = mentionsJson(messages) ? messages : withHint(messages, 'Answer with JSON.')
      if (taken === 'none') return { fields: {}, messages: withHint(messages, anyJson), losses: [inWords] }
      return { fields: format({ type: 'json_object' }), messages: reminded, losses: [] }
    }
    case 'json_schema': {
      const { name = 'response', description, schema = {}, strict } = output.schema ?? {}
      if (taken === 'both') {
        const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'response'
        const value = { type: 'json_schema', json_schema: compact({ name: clean, description, schema, strict }) }
        return { fields: format(value), messages, losses: [] }
      }
      const hint = `Answer with JSON that conforms to this JSON Schema, and nothing else:\n${JSON.stringify(schema)}`
      const fields = taken === 'none' ? {} : format({ type: 'json_object' })
      return { fields, messages: withHint(messages, hint), losses: [inWords] }
    }
  }
}

const anyJson = 'Answer with one JSON object and nothing else.'

const inWords: Loss = {
  field: 'response_format',
  severity: 'drop',
  reason: 'the provider takes no schema: it is asked for in words',
}

/** OpenAI and others refuse JSON mode unless the prompt has the word. */
function mentionsJson(messages: readonly Json[]): boolean {
  return messages.some(({ content }) =>
    typeof content === 'string'
      ? /json/i.test(content)
      : asArray(content).some((part) => /json/i.test(asString(asObject(part)['text']) ?? '')),
  )
}

function withHint(messages: readonly Json[], hint: string): readonly Json[] {
  const [first, ...rest] = messages
  if (first !== undefined && (first['role'] === 'system' || first['role'] === 'developer')) {
    const { content } = first
    if (typeof content === 'string') return [{ ...first, content: content === '' ? hint : `${content}\n\n${hint}` }, ...rest]
    return [{ ...first, content: [...asArray(content), { type: 'text', text: hint }] }, ...rest]
  }
  return [{ role: 'system', content: hint }, ...messages]
}
