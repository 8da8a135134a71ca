import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asCount, asObject } from '#lib/json.ts'
import { soundUsage } from '../sound-usage.ts'

/** Thoughts are not part of the candidates' tokens, tool prompts not of the prompt's. Source: ai.google.dev, UsageMetadata. */
export function readUsage(value: Json): Usage | undefined {
  const count = (name: string): number | undefined => asCount(value[name])
  const prompt = count('promptTokenCount')
  const total = count('totalTokenCount')
  const written = count('candidatesTokenCount')
  if (prompt === undefined && total === undefined && written === undefined) return undefined
  const input = (prompt ?? 0) + (count('toolUsePromptTokenCount') ?? 0)
  const reasoning = count('thoughtsTokenCount') ?? 0
  const candidates = written ?? Math.max(0, (total ?? 0) - input - reasoning)
  const audioIn = audioTokens(value['promptTokensDetails'])
  const audioOut = audioTokens(value['candidatesTokensDetails'])
  return soundUsage({
    input,
    output: candidates + reasoning,
    cacheRead: count('cachedContentTokenCount') ?? 0,
    cacheWrite: 0,
    reasoning,
    ...(audioIn === 0 ? {} : { audioIn }),
    ...(audioOut === 0 ? {} : { audioOut }),
  })
}

function audioTokens(details: unknown): number {
  return asArray(details)
    .map(asObject)
    .filter((detail) => detail['modality'] === 'AUDIO')
    .reduce((sum, detail) => sum + (asCount(detail['tokenCount']) ?? 0), 0)
}

export function writeUsage({ input, output, reasoning, cacheRead }: Usage): Json {
  return {
    promptTokenCount: input,
    candidatesTokenCount: Math.max(0, output - reasoning),
    totalTokenCount: input + output,
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    ...(cacheRead > 0 ? { cachedContentTokenCount: cacheRead } : {}),
  }
}
