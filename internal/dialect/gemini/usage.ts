import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asNumber, isObject } from '#lib/json.ts'

/** Thoughts are not part of the candidates' tokens, tool prompts not of the prompt's. Source: ai.google.dev, UsageMetadata. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const count = (name: string): number | undefined => asNumber(value[name])
  const prompt = count('promptTokenCount')
  const reasoning = count('thoughtsTokenCount') ?? 0
  const candidates = count('candidatesTokenCount') ?? 0
  if (prompt === undefined && count('totalTokenCount') === undefined && count('candidatesTokenCount') === undefined)
    return undefined
  return {
    input: (prompt ?? 0) + (count('toolUsePromptTokenCount') ?? 0),
    output: candidates + reasoning,
    cacheRead: count('cachedContentTokenCount') ?? 0,
    cacheWrite: 0,
    reasoning,
  }
}

export function writeUsage(usage: Usage): Json {
  return {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output - usage.reasoning,
    totalTokenCount: usage.input + usage.output,
    ...(usage.reasoning > 0 ? { thoughtsTokenCount: usage.reasoning } : {}),
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
  }
}
