import { type ModelTraits, plainTraits } from '#dialect/quirks.ts'
import { type Families, traitsFrom } from './traits.ts'

const upToMax = ['low', 'medium', 'high', 'xhigh', 'max'] as const

/** The newest models, and those that we do not know yet: they take the least. */
const newest: ModelTraits = {
  ...plainTraits,
  sampling: 'none',
  maxTemperature: 1,
  reasoning: { kind: 'adaptive', efforts: upToMax, off: 'never' },
  forcedTool: 'no',
  prefill: false,
  lateSystem: true,
  imagesInToolResults: true,
  jsonSchema: true,
  maxOutput: 64_000,
  context: 1_000_000,
}

const old: Partial<ModelTraits> = {
  sampling: 'one',
  reasoning: { kind: 'budget', min: 1024, max: 32_000 },
  forcedTool: 'unless_reasoning',
  prefill: true,
  lateSystem: false,
  context: 200_000,
}

/** Claude. Source: docs.anthropic.com, models overview, extended and adaptive thinking, migration guides. */
const families: Families = [
  [/claude-(2|instant)/, { ...old, reasoning: { kind: 'none' }, jsonSchema: false, maxOutput: 4096 }],
  [/claude-3-(opus|sonnet|haiku)/, { ...old, reasoning: { kind: 'none' }, jsonSchema: false, maxOutput: 4096 }],
  [/claude-3-5/, { ...old, reasoning: { kind: 'none' }, jsonSchema: false, maxOutput: 8192 }],
  [/claude-3-7/, { ...old, jsonSchema: false, maxOutput: 64_000 }],
  [/(opus-4-1|opus-4-0|opus-4-2025|opus-4$)/, { ...old, jsonSchema: false, maxOutput: 32_000 }],
  [/(sonnet-4-0|sonnet-4-2025|sonnet-4$)/, { ...old, jsonSchema: false, maxOutput: 64_000 }],
  [/(sonnet|haiku)-4-5/, { ...old, maxOutput: 64_000 }],
  [/opus-4-5/, { ...old, reasoning: { kind: 'budget', min: 1024, max: 32_000, effort: true }, maxOutput: 64_000 }],
  [
    /(opus|sonnet)-4-6/,
    {
      ...old,
      prefill: false,
      reasoning: { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'max'], off: 'disabled', budget: true },
      forcedTool: 'yes',
      maxOutput: 128_000,
    },
  ],
  [
    /(opus-4-8|sonnet-5(?!-5))/,
    { reasoning: { kind: 'adaptive', efforts: upToMax, off: 'disabled' }, forcedTool: 'yes', maxOutput: 128_000 },
  ],
  [
    /opus-4-7/,
    {
      reasoning: { kind: 'adaptive', efforts: upToMax, off: 'disabled' },
      forcedTool: 'yes',
      lateSystem: false,
      maxOutput: 128_000,
    },
  ],
  [
    /opus-5(?!-5)/,
    { reasoning: { kind: 'adaptive', efforts: upToMax, off: 'disabled_up_to_high' }, forcedTool: 'yes', maxOutput: 128_000 },
  ],
  [/haiku-5-5/, { reasoning: { kind: 'adaptive', efforts: upToMax, off: 'disabled_up_to_high' }, forcedTool: 'yes' }],
  // The first of its name; 5.1 and 5.2 are as the newest. A date may follow.
  [/fable-5(?!-\d(?!\d))/, { forcedTool: 'yes' }],
  [/sonnet-5-5/, { reasoning: { kind: 'adaptive', efforts: upToMax, off: 'between_tools' } }],
]

export const claudeTraits = traitsFrom(families, newest)
