import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asObject } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { writeUsage } from './usage.ts'

/** What of the response object changes while it is made. */
export type Progress = {
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly Json[]
  readonly incompleteDetails?: Json | null
  readonly error?: Json
  readonly usage?: Usage | undefined
  readonly tier?: string | undefined
}

/** The response object; what the request says is repeated in it, as OpenAI does and its SDKs' types demand. */
export function writeResponse(progress: Progress, { request, requestId }: AnswerContext): Json {
  const { raw } = request
  return {
    id: `resp_${requestId}`,
    object: 'response',
    created_at: progress.created,
    status: progress.status,
    background: false,
    error: progress.error ?? null,
    incomplete_details: progress.incompleteDetails ?? null,
    instructions: raw['instructions'] ?? null,
    max_output_tokens: raw['max_output_tokens'] ?? null,
    max_tool_calls: raw['max_tool_calls'] ?? null,
    metadata: raw['metadata'] ?? {},
    model: progress.model,
    output: progress.output,
    parallel_tool_calls: raw['parallel_tool_calls'] ?? true,
    previous_response_id: raw['previous_response_id'] ?? null,
    prompt_cache_key: raw['prompt_cache_key'] ?? null,
    reasoning: { effort: null, summary: null, ...asObject(raw['reasoning']) },
    safety_identifier: raw['safety_identifier'] ?? null,
    service_tier: progress.tier ?? raw['service_tier'] ?? 'default',
    // Nothing is kept here, whatever was asked for: the id cannot be used to go on.
    store: false,
    temperature: raw['temperature'] ?? 1,
    text: { format: { type: 'text' }, ...asObject(raw['text']) },
    tool_choice: raw['tool_choice'] ?? 'auto',
    tools: raw['tools'] ?? [],
    top_logprobs: raw['top_logprobs'] ?? 0,
    top_p: raw['top_p'] ?? 1,
    truncation: raw['truncation'] ?? 'disabled',
    usage: progress.usage === undefined ? null : writeUsage(progress.usage),
    user: raw['user'] ?? null,
  }
}
