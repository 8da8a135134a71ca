import type { Effort } from '#canonical/request.ts'

/**
 * How a provider departs from the dialect it speaks. Vendor facts reach a dialect only through this type, so that no
 * dialect ever asks who the vendor is. Everything left out means: as the dialect's own vendor does it.
 */
export type Quirks = {
  /** Whose opaque data (signatures, encrypted reasoning) may be sent here. */
  readonly vendor: string
  /** Whose own request fields (service tiers, cache keys, what is kept there) are understood. Default: those of `vendor`. */
  readonly fieldsOf?: string
  /** Whether bytes may pass through between a client and this provider of the same dialect. Default true. */
  readonly passthrough?: boolean
  /** Request fields (wire names) that the provider refuses; they are dropped and named. */
  readonly rejects?: readonly string[]
  readonly chat?: ChatQuirks
  readonly anthropic?: AnthropicQuirks
  readonly gemini?: GeminiQuirks
  readonly responses?: ResponsesQuirks
  readonly converse?: ConverseQuirks
  readonly embeddings?: EmbeddingsQuirks
  /** The legacy `/completions` is served, so that it need not be turned into a conversation. Default false. */
  readonly textCompletions?: boolean
}

/** Departures of servers with OpenAI's `/embeddings`. */
export type EmbeddingsQuirks = {
  /** The name of the vectors' length. Default `dimensions`. */
  readonly dimensionsField?: 'dimensions' | 'output_dimension'
}

/** Whether a provider understands the own fields of another vendor. */
export function takesFieldsOf({ vendor, fieldsOf = vendor }: Quirks, other: string): boolean {
  return fieldsOf === other
}

/** Departures of servers that speak OpenAI Chat Completions. */
export type ChatQuirks = {
  /** `developer` only at OpenAI itself; everywhere else `system`. Default `system`. */
  readonly systemRole?: 'system' | 'developer'
  /** The name of the output limit. Default `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** The name of the seed. Default `seed`. */
  readonly seedField?: 'seed' | 'random_seed'
  /** How `must call a tool` is spelt. Default `required`. */
  readonly requiredChoice?: 'required' | 'any'
  /** Tool call ids must be exactly nine of `[a-zA-Z0-9]` (Mistral). Default false. */
  readonly shortToolIds?: boolean
  /** A `user` message may not follow a `tool` message (Mistral). Default false. */
  readonly noUserAfterTool?: boolean
  /**
   * Fields that are sent on as a Chat client wrote them although `passthrough` is false: the vendor's own, and what it shares
   * with OpenAI beyond sampling. Default: none; without `passthrough: false` all are.
   */
  readonly accepts?: readonly string[]
  /** Whether `stream_options.include_usage` is understood. Default true. */
  readonly streamOptions?: boolean
  /** Where reasoning of earlier turns is sent back. Default: it is left out. */
  readonly reasoningBack?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'content_thinking'
  /** It passes requests on to models of many vendors, which may read what their vendors signed. Default false. */
  readonly gateway?: boolean
  /** How the request switches reasoning on and off. Default `none`. */
  readonly reasoningControl?:
    | 'none'
    | 'reasoning_effort'
    | 'deepseek_thinking'
    | 'qwen_enable_thinking'
    | 'openrouter_reasoning'
    | 'mistral_effort'
  /** Reasoning tokens are not part of `completion_tokens` and must be added (xAI). Default false. */
  readonly reasoningOutsideCompletion?: boolean
  /** `completion_tokens` leaves reasoning out and no detail tells it: output is total − prompt (Gemini's OpenAI layer). Default false. */
  readonly outputFromTotal?: boolean
  /** Which `response_format` types are taken. Default: both. */
  readonly responseFormat?: 'both' | 'json_object_only' | 'none'
  /** Whether image parts are taken. Default true. */
  readonly images?: boolean
  /**
   * How documents and audio are written: OpenAI's `file` and `input_audio` objects, Mistral's `document_url` and plain
   * base64, or not at all. Default `openai`.
   */
  readonly media?: 'openai' | 'mistral' | 'none'
  /** `top_k`, `min_p`, `repetition_penalty` are taken (vLLM, Qwen, OpenRouter, Together). Default false. */
  readonly extendedSampling?: boolean
  /** `cache_control` on text parts is taken (OpenRouter, Qwen). Default false. */
  readonly cacheControl?: boolean
  /** `prefix: true` on a last assistant message continues it (Mistral, DeepSeek beta). Default: no prefill. */
  readonly prefill?: 'prefix' | 'partial'
  /** Text in `<think>` tags within the content is reasoning. Default false. */
  readonly thinkTags?: boolean
  /** Custom (grammar) tools are understood. Default false: they are emulated by functions with one text argument. */
  readonly customTools?: boolean
  /** A stream that ends with `[DONE]` but no finish reason is complete when it had content. Default true. */
  readonly laxFinish?: boolean
}

/** Departures of servers that speak Anthropic Messages. */
export type AnthropicQuirks = {
  /** The `anthropic-version` header. Default `2023-06-01`. */
  readonly version?: string
  /** Images and documents may be given by URL. Default true. */
  readonly mediaUrls?: boolean
}

/** Departures of servers that speak Gemini. */
export type GeminiQuirks = {
  /** Vertex: function call ids are left out. Default false. */
  readonly noCallIds?: boolean
}

/** Departures of servers that speak OpenAI Responses. */
export type ResponsesQuirks = {
  /** Whether encrypted reasoning may be asked for and sent back. Default true at OpenAI, false elsewhere. */
  readonly encryptedReasoning?: boolean
  /** Custom (grammar) tools are understood. Default false: they are emulated by functions. */
  readonly customTools?: boolean
}

/** Departures of the models behind Amazon's Converse API. */
export type ConverseQuirks = {
  /** How what Converse has no word for is spelt in `additionalModelRequestFields`: as the model's own API does. Default: not at all. */
  readonly modelFields?: 'claude' | 'nova' | 'reasoning_effort'
  /** Where cache points may stand. Default: nowhere. */
  readonly cachePoints?: readonly ('tools' | 'system' | 'messages')[]
  /** A certain tool can be forced. Default false: it is the only one shown, and some tool is forced. */
  readonly namedChoice?: boolean
  /** A tool's result may say that it is an error. Default false: its text does. */
  readonly resultStatus?: boolean
  /** Documents are read. Default false: only those that are text, as text. */
  readonly documents?: boolean
  /** Videos are watched. Default false. */
  readonly videos?: boolean
  /** Audio is heard. Default false. */
  readonly audio?: boolean
}

/** What a model can do, as far as a dialect must know to write a request that it takes. From the provider's table, by model name. */
export type ModelTraits = {
  /** `none`: temperature, top_p, top_k and penalties are refused. `one`: temperature or top_p, not both. `unless_reasoning`: only without reasoning. */
  readonly sampling: 'all' | 'none' | 'one' | 'unless_reasoning'
  /** Whether presence and frequency penalties are taken where sampling is. Default true. */
  readonly penalties?: boolean
  /** Whether several answers to one prompt are given, where the dialect has a word for them. Default true. */
  readonly candidates?: boolean
  /** The largest temperature; larger ones are clamped. */
  readonly maxTemperature?: number
  /** Whether stop sequences are taken. Default true. */
  readonly stop?: boolean
  readonly reasoning: ReasoningTraits
  /** Whether OpenAI Chat Completions takes functions together with reasoning. Default true. */
  readonly chatReasonsWithTools?: boolean
  /** Whether a tool can be forced: never, or not while it reasons. */
  readonly forcedTool: 'yes' | 'no' | 'unless_reasoning'
  /** Whether a last assistant message is continued. */
  readonly prefill: boolean
  /** Whether system text may stand later in the conversation. */
  readonly lateSystem: boolean
  /** Tokens of output at most, where known. */
  readonly maxOutput?: number
  /** Context window in tokens, where known. */
  readonly context?: number
  /** Whether images may stand inside tool results. */
  readonly imagesInToolResults: boolean
  /** Whether a JSON schema for the answer is taken natively. */
  readonly jsonSchema: boolean
  /** Gemini: whether functions and a JSON schema for the answer go together. Default true. */
  readonly schemaWithTools?: boolean
}

/** A model that takes what most take; families override what differs. */
export const plainTraits: ModelTraits = {
  sampling: 'all',
  maxTemperature: 2,
  stop: true,
  reasoning: { kind: 'none' },
  forcedTool: 'yes',
  prefill: false,
  lateSystem: true,
  imagesInToolResults: false,
  jsonSchema: true,
}

export type ReasoningTraits =
  /** The model does not reason, or cannot be told how much: the field is left out. */
  | { readonly kind: 'none' }
  /** By words; `efforts` are the ones it takes, weakest first. */
  | { readonly kind: 'effort'; readonly efforts: readonly Effort[] }
  /** By tokens (Claude up to 4.5, Gemini 2.5, Qwen). `off`: the budget that switches it off, when one does. */
  | {
      readonly kind: 'budget'
      readonly min: number
      readonly max: number
      readonly off?: number
      /** Claude: whether it also takes an effort (`output_config`). Default false. */
      readonly effort?: boolean
    }
  /** Anthropic's adaptive thinking; `off`: how the model can be kept from thinking. `budget`: it still takes one. Default false. */
  | {
      readonly kind: 'adaptive'
      readonly efforts: readonly Effort[]
      readonly off: 'disabled' | 'disabled_up_to_high' | 'between_tools' | 'never'
      readonly budget?: boolean
    }
  /** Gemini 3 and later: levels; it cannot be switched off. */
  | { readonly kind: 'level'; readonly levels: readonly ('minimal' | 'low' | 'medium' | 'high')[] }
