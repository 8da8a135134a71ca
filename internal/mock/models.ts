import type { Json } from '#canonical/request.ts'

/** Whose form a list of models has. */
export type ModelsShape = 'openai' | 'anthropic' | 'gemini'

const createdSeconds = 1_767_225_600
const contextTokens = 200_000
const outputTokens = 64_000

/** The list of models in the vendor's form. */
export function modelList(shape: ModelsShape, names: readonly string[]): Json {
  const data = names.map((name) => modelEntry(shape, name))
  switch (shape) {
    case 'openai':
      return { object: 'list', data }
    case 'anthropic':
      return { data, has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null }
    case 'gemini':
      return { models: data }
  }
}

/** One model in the vendor's form. */
export function modelEntry(shape: ModelsShape, name: string): Json {
  switch (shape) {
    case 'openai':
      return { id: name, object: 'model', created: createdSeconds, owned_by: 'mock' }
    case 'anthropic':
      return {
        type: 'model',
        id: name,
        display_name: name,
        created_at: new Date(createdSeconds * 1000).toISOString(),
        max_input_tokens: contextTokens,
        max_tokens: outputTokens,
      }
    case 'gemini':
      return {
        name: `models/${name}`,
        displayName: name,
        inputTokenLimit: contextTokens,
        outputTokenLimit: outputTokens,
        supportedGenerationMethods: ['generateContent', 'countTokens', 'embedContent'],
      }
  }
}
