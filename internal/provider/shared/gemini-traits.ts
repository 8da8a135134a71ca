import { plainTraits } from '#dialect/quirks.ts'
import { type Families, traitsFrom } from './traits.ts'

/** Gemini. Source: ai.google.dev/gemini-api/docs/thinking, /models. */
const families: Families = [
  [/gemini-(1|2\.0)/, { schemaWithTools: false, maxOutput: 8192, context: 1_048_576 }],
  [
    /gemini-2\.5-pro/,
    {
      reasoning: { kind: 'budget', min: 128, max: 32_768 },
      penalties: false,
      schemaWithTools: false,
      maxOutput: 65_536,
      context: 1_048_576,
    },
  ],
  [
    /gemini-2\.5/,
    {
      reasoning: { kind: 'budget', min: 0, max: 24_576, off: 0 },
      penalties: false,
      schemaWithTools: false,
      maxOutput: 65_536,
      context: 1_048_576,
    },
  ],
  [
    /gemini-[4-9]/,
    {
      sampling: 'none',
      candidates: false,
      reasoning: { kind: 'level', levels: ['low', 'medium', 'high'] },
      imagesInToolResults: true,
      maxOutput: 65_536,
      context: 1_048_576,
    },
  ],
  [
    /gemini-3.*pro/,
    { reasoning: { kind: 'level', levels: ['low', 'high'] }, imagesInToolResults: true, maxOutput: 65_536, context: 1_048_576 },
  ],
  [
    /gemini-3/,
    {
      reasoning: { kind: 'level', levels: ['minimal', 'low', 'medium', 'high'] },
      imagesInToolResults: true,
      maxOutput: 65_536,
      context: 1_048_576,
    },
  ],
]

export const geminiTraits = traitsFrom(families, { ...plainTraits, lateSystem: false })
