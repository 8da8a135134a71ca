import type { Effort } from '#canonical/request.ts'
import type { ModelTraits } from '#dialect/quirks.ts'
import { type Families, traitsFrom } from './traits.ts'

const upTo = (last: 'high' | 'xhigh' | 'max', first: 'none' | 'minimal' | 'low'): readonly Effort[] => {
  const all: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
  return all.slice(all.indexOf(first), all.indexOf(last) + 1).filter((effort) => effort !== 'minimal' || first === 'minimal')
}

const reasons = (efforts: readonly Effort[]): Partial<ModelTraits> => ({
  stop: false,
  reasoning: { kind: 'effort', efforts },
  maxOutput: 128_000,
})
/** It reasons always. */
const always = { sampling: 'none', context: 400_000 } as const
/** Without an effort it does not reason and takes what others take. */
const onDemand = { sampling: 'unless_reasoning', context: 400_000 } as const
/** Chat Completions, 400: "Function tools with reasoning_effort are not supported for this model". */
const toolsOrReasoning = { chatReasonsWithTools: false } as const

/** OpenAI's models. Source: platform.openai.com/docs/guides/reasoning and the models' pages. */
const families: Families = [
  [/gpt-5-codex|codex-mini/, { ...reasons(upTo('high', 'low')), ...always }],
  [/gpt-6-(luna|sol)|gpt-6\.1-terra/, { ...reasons(upTo('max', 'none')), ...toolsOrReasoning, sampling: 'none' }],
  [/gpt-6/, { ...reasons(upTo('max', 'low')), ...toolsOrReasoning, sampling: 'none' }],
  [/gpt-5\.[6-9]/, { ...reasons(upTo('max', 'none')), ...onDemand, ...toolsOrReasoning }],
  [/gpt-5\.[45]/, { ...reasons(upTo('xhigh', 'none')), ...onDemand, ...toolsOrReasoning }],
  [/gpt-5\.[23]/, { ...reasons(upTo('xhigh', 'none')), ...onDemand }],
  [/gpt-5\.1/, { ...reasons(upTo('high', 'none')), ...onDemand }],
  [/gpt-5-chat|chatgpt/, { maxOutput: 16_384 }],
  [/gpt-5/, { ...reasons(upTo('high', 'minimal')), ...always }],
  [/(^|\/)o\d/, { ...reasons(upTo('high', 'low')), sampling: 'none', maxOutput: 100_000, context: 200_000 }],
  [/gpt-4\.1/, { maxOutput: 32_768, context: 1_047_576 }],
  [/gpt-4o/, { maxOutput: 16_384, context: 128_000 }],
]

export const openaiTraits = traitsFrom(families)

/** Codex and pro models are served by the Responses API alone. Source: platform.openai.com, the models' pages. */
export function isResponsesOnly(model: string): boolean {
  return /codex|(gpt|(^|[/:])o)[\w.-]*-pro\b/.test(model)
}
