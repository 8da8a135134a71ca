import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
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

/** What the request says, which OpenAI repeats and its SDKs' types demand; these stand where it says nothing. */
const defaults: Json = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  service_tier: 'default',
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
}

function echo(raw: Json): Json {
  return Object.fromEntries(Object.entries(defaults).map(([field, value]) => [field, raw[field] ?? value]))
}

/** The response object. */
export function writeResponse(progress: Progress, { request, requestId, answerId }: AnswerContext): Json {
  const { raw } = request
  return {
    ...echo(raw),
    ...(progress.tier === undefined ? {} : { service_tier: progress.tier }),
    reasoning: { effort: null, summary: null, ...asObject(raw['reasoning']) },
    text: { format: { type: 'text' }, ...asObject(raw['text']) },
    // Nothing is kept here, whatever was asked for: the id cannot be used to go on.
    store: false,
    background: false,
    id: answerId ?? joined('resp_', requestId),
    object: 'response',
    created_at: progress.created,
    status: progress.status,
    error: progress.error ?? null,
    incomplete_details: progress.incompleteDetails ?? null,
    model: progress.model,
    output: progress.output,
    usage: progress.usage === undefined ? null : writeUsage(progress.usage),
  }
}
