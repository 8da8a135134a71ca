import type { Effort } from '#canonical/request.ts'
import { type Families, traitsFrom } from './traits.ts'

const upTo = (last: 'high' | 'xhigh' | 'max', first: 'none' | 'minimal' | 'low'): readonly Effort[] => {
  const all: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
  return all.slice(all.indexOf(first), all.indexOf(last) + 1).filter((effort) => effort !== 'minimal' || first === 'minimal')
}

/** OpenAI's models. Source: platform.openai.com/docs/guides/reasoning and the models' pages. */
const families: Families = [
  [/gpt-6/, { sampling: 'none', stop: false, reasoning: { kind: 'effort', efforts: upTo('max', 'low') }, maxOutput: 128_000 }],
  [
    /gpt-5\.[6-9]/,
    {
      sampling: 'unless_reasoning',
      stop: false,
      reasoning: { kind: 'effort', efforts: upTo('max', 'none') },
      maxOutput: 128_000,
      context: 400_000,
    },
  ],
  [
    /gpt-5\.[2-5]/,
    {
      sampling: 'unless_reasoning',
      stop: false,
      reasoning: { kind: 'effort', efforts: upTo('xhigh', 'none') },
      maxOutput: 128_000,
      context: 400_000,
    },
  ],
  [
    /gpt-5\.1/,
    {
      sampling: 'unless_reasoning',
      stop: false,
      reasoning: { kind: 'effort', efforts: upTo('high', 'none') },
      maxOutput: 128_000,
      context: 400_000,
    },
  ],
  [/gpt-5-chat|chatgpt/, { maxOutput: 16_384 }],
  [
    /gpt-5/,
    {
      sampling: 'none',
      stop: false,
      reasoning: { kind: 'effort', efforts: upTo('high', 'minimal') },
      maxOutput: 128_000,
      context: 400_000,
    },
  ],
  [
    /(^|\/)o\d/,
    {
      sampling: 'none',
      stop: false,
      reasoning: { kind: 'effort', efforts: upTo('high', 'low') },
      maxOutput: 100_000,
      context: 200_000,
    },
  ],
  [/gpt-4\.1/, { maxOutput: 32_768, context: 1_047_576 }],
  [/gpt-4o/, { maxOutput: 16_384, context: 128_000 }],
]

export const openaiTraits = traitsFrom(families)
