import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asCount, asObject, compact, isObject } from '#lib/json.ts'
import type { ChatQuirks } from '../quirks.ts'
import { soundUsage } from '../sound-usage.ts'

/** The usage of an answer or a chunk, wherever the server puts it: Groq and old Moonshot streams have places of their own. */
export function findUsage(body: Json, quirks: ChatQuirks | undefined): Usage | undefined {
  const inChoice = asObject(asArray(body['choices'])[0])['usage']
  return readUsage(body['usage'], quirks) ?? readUsage(asObject(body['x_groq'])['usage'], quirks) ?? readUsage(inChoice, quirks)
}

function readUsage(value: unknown, quirks: ChatQuirks | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const prompt = asCount(value['prompt_tokens'])
  const completion = asCount(value['completion_tokens'])
  if (prompt === undefined && completion === undefined) return undefined
  const inDetails = asObject(value['prompt_tokens_details'] ?? value['prompt_token_details'])
  const outDetails = asObject(value['completion_tokens_details'])
  const audioIn = asCount(inDetails['audio_tokens'])
  const told = asCount(outDetails['reasoning_tokens']) ?? asCount(value['reasoning_tokens']) ?? 0
  const counted = { input: prompt ?? 0, output: completion ?? 0, reasoning: told, audioIn: audioIn ?? 0 }
  const { input, output, reasoning } = withUncounted(counted, asCount(value['total_tokens']), quirks)
  const cached =
    asCount(inDetails['cached_tokens']) ??
    asCount(value['prompt_cache_hit_tokens']) ??
    asCount(value['num_cached_tokens']) ??
    asCount(value['cached_tokens'])
  const written = asCount(inDetails['cache_write_tokens']) ?? asCount(inDetails['cache_creation_input_tokens'])
  const audio = compact({ audioIn, audioOut: asCount(outDetails['audio_tokens']) })
  return soundUsage({ input, output, cacheRead: cached ?? 0, cacheWrite: written ?? 0, reasoning, ...audio })
}

type Counted = { readonly input: number; readonly output: number; readonly reasoning: number; readonly audioIn: number }

/**
 * Some servers count more in the total than in its parts. Seen: reasoning that is not part of the completion (xAI, and
 * others behind its API), reasoning that nothing else tells of (Gemini), audio that is not part of the prompt (Mistral).
 */
function withUncounted(counted: Counted, total: number | undefined, quirks: ChatQuirks | undefined): Counted {
  const { input, output, reasoning, audioIn } = counted
  if (total === undefined) {
    return quirks?.reasoningOutsideCompletion === true ? { ...counted, output: output + reasoning } : counted
  }
  const gap = total - input - output
  if (gap <= 0) return counted
  if (gap === reasoning) return { ...counted, output: output + gap }
  if (gap === audioIn) return { ...counted, input: input + gap }
  return quirks?.outputFromTotal === true ? { ...counted, output: output + gap, reasoning: gap } : counted
}

/** Usage as OpenAI tells it. */
export function writeUsage(usage: Usage): Json {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: compact({
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite === 0 ? undefined : usage.cacheWrite,
      audio_tokens: usage.audioIn,
    }),
    completion_tokens_details: compact({ reasoning_tokens: usage.reasoning, audio_tokens: usage.audioOut }),
  }
}
