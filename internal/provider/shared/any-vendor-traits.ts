import type { ModelTraits } from '#dialect/quirks.ts'
import { claudeTraits } from './claude-traits.ts'
import { geminiTraits } from './gemini-traits.ts'
import { openaiTraits } from './openai-traits.ts'

/** For relays that carry every vendor's models: by the model's name. They take sampling fields that a model does not. */
export function anyVendorTraits(model: string): ModelTraits {
  if (model.includes('claude'))
    return { ...claudeTraits(model.replaceAll('.', '-')), sampling: 'all', prefill: false, imagesInToolResults: false }
  if (model.includes('gemini')) return { ...geminiTraits(model), imagesInToolResults: false }
  return { ...openaiTraits(model), chatReasonsWithTools: true }
}
