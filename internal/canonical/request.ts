/** The wire formats a client may speak and a provider may take. */
export type DialectName = 'openai-chat' | 'openai-responses' | 'openai-completions' | 'anthropic' | 'gemini'

/** The wire formats a provider may take: some are spoken by no client. */
export type ProviderDialectName = DialectName | 'bedrock-converse'

/** A JSON object of unknown content. */
export type Json = { readonly [key: string]: unknown }

/**
 * What a client asked for, whatever its dialect. It is a union of meanings, not of spellings: fields without a meaning
 * elsewhere stay in `ext` and are named as losses when the request goes to another dialect.
 */
export type Request = {
  /** The dialect the client spoke. */
  readonly dialect: DialectName
  /** The model name as the client wrote it. */
  readonly model: string
  readonly stream: boolean
  /** In wire order and not merged; encoders merge neighbours where their dialect demands it. */
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice
  /** Whether the model may call several tools in one turn; the provider's default when left out. */
  readonly parallelTools?: boolean
  readonly params: Params
  readonly output: OutputFormat
  readonly reasoning?: Reasoning
  readonly cache?: CachePolicy
  /** Service tier as the client's dialect spells it: auto, default, flex, priority, … */
  readonly tier?: string
  /** A stable name of the end user, for the provider's abuse detection. */
  readonly endUser?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** OpenAI Responses only: what needs a provider that keeps state. */
  readonly state?: ConversationState
  /** OpenAI Chat only: whether the client wants the usage chunk at the end of a stream. */
  readonly includeUsage?: boolean
  /** OpenAI Chat only: the client's SDK reads a tool call of a stream only when one chunk has all of it (Mistral's). Default false. */
  readonly wholeCalls?: boolean
  /** Gemini only: the stream's framing that the client asked for. */
  readonly framing?: 'sse' | 'json-array'
  /** Fields that only a provider of the client's own dialect can serve: in another the answer would be to something else. */
  readonly nativeOnly?: readonly string[]
  /** Fields of the client's dialect that have no meaning in another, verbatim, by their name on the wire. */
  readonly ext: Json
  /** The body as parsed, for the pass-through to a provider of the same dialect. Never changed in place. */
  readonly raw: Json
}

export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool'

/** One turn or a piece of one. Tool results come as messages of role `tool`, one result or several in one message. */
export type Message = {
  readonly role: Role
  readonly name?: string
  readonly parts: readonly Part[]
  /** OpenAI Responses: `commentary` or `final_answer`. */
  readonly phase?: string
}

/** Where the bytes of an image, a file or audio are. `base64` is standard base64 without a data-URL prefix. */
export type Source =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly data: string }
  | { readonly kind: 'file'; readonly id: string; readonly vendor: string }
  | { readonly kind: 'text'; readonly text: string }

/**
 * Data that only the vendor who made it can read: signatures of reasoning, encrypted reasoning. It is sent back to that
 * vendor untouched and to no other.
 */
export type Opaque = {
  /** `Quirks.vendor` of the provider that made it. */
  readonly vendor: string
  readonly kind: 'signature' | 'encrypted' | 'redacted' | 'details'
  readonly data: unknown
  /** OpenAI Responses: the id of the item that the data belongs to. */
  readonly itemId?: string
}

/** A hint that the provider may cache everything up to and with this part. `ttl` as Anthropic writes it: `5m`, `1h`. */
export type CacheHint = { readonly ttl?: string }

type PartExtras = { readonly cacheHint?: CacheHint; readonly opaque?: readonly Opaque[] }

export type TextPart = PartExtras & { readonly kind: 'text'; readonly text: string; readonly citations?: readonly Citation[] }
export type ImagePart = PartExtras & {
  readonly kind: 'image'
  readonly source: Source
  readonly mime?: string
  readonly detail?: 'auto' | 'low' | 'high' | 'original'
}
/** A PDF, a text document, a video: whatever is neither an image nor plain audio. */
export type FilePart = PartExtras & {
  readonly kind: 'file'
  readonly source: Source
  readonly mime?: string
  readonly name?: string
  readonly title?: string
  readonly context?: string
  readonly citations?: boolean
}
export type AudioPart = PartExtras & { readonly kind: 'audio'; readonly source: Source; readonly mime?: string }
/** `args` is the JSON text as the model wrote it, `{}` when empty: parsing and printing again would change key order and numbers. */
export type ToolCallPart = PartExtras & {
  readonly kind: 'tool_call'
  readonly id: string
  readonly name: string
  readonly args: string
  /** An OpenAI custom tool: `args` is free text, not JSON. */
  readonly custom?: boolean
}
export type ToolResultPart = PartExtras & {
  readonly kind: 'tool_result'
  readonly callId: string
  /** The function's name: Gemini wants it; looked up from the call when the client's dialect has no place for it. */
  readonly name?: string
  /** Text, images and files only. */
  readonly parts: readonly Part[]
  readonly isError?: boolean
  readonly custom?: boolean
}
/** `text` is empty for reasoning that only exists as opaque data. */
export type ReasoningPart = PartExtras & { readonly kind: 'reasoning'; readonly text: string; readonly redacted?: boolean }
export type RefusalPart = PartExtras & { readonly kind: 'refusal'; readonly text: string }
/** A call or result of a tool that runs at the provider (web search, code execution): readable by its vendor only. */
export type ServerToolPart = PartExtras & {
  readonly kind: 'server_tool'
  readonly type: string
  readonly vendor: string
  readonly raw: Json
  /** What it says in words, for the models of other vendors. Without it they are told nothing. */
  readonly text?: string
  /** It stands for content that is nowhere else: no other vendor can answer without it. Default false. */
  readonly essential?: boolean
}

export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | ServerToolPart

/** A source that the answer cites. Offsets count characters of the answer's text. */
export type Citation = {
  readonly url?: string
  readonly title?: string
  readonly citedText?: string
  readonly start?: number
  readonly end?: number
  /** The vendor's own form, for the way back to the same dialect. */
  readonly raw?: unknown
}

export type FunctionTool = {
  readonly kind: 'function'
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments; left out means a function without arguments. */
  readonly schema?: Json
  readonly strict?: boolean
  readonly cacheHint?: CacheHint
  /** OpenAI Responses: the `namespace` tool that the function came in. */
  readonly namespace?: string
}
export type Tool =
  | FunctionTool
  | {
      readonly kind: 'custom'
      readonly name: string
      readonly description?: string
      readonly format?: unknown
      /** OpenAI Responses: the `namespace` tool that it came in. */
      readonly namespace?: string
    }
  | { readonly kind: 'builtin'; readonly type: string; readonly vendor: string; readonly raw: Json }

/** `names` with `required` or `auto` restricts the choice to a subset; `one` has exactly one name. */
export type ToolChoice = { readonly mode: 'auto' | 'none' | 'required' | 'one'; readonly names?: readonly string[] }

/** Limits and sampling. Left out means: the provider's default. */
export type Params = {
  /** Tokens of answer, reasoning included. */
  readonly maxOutput?: number
  readonly stop?: readonly string[]
  /** How many answers to the same prompt. */
  readonly candidates?: number
  readonly maxToolCalls?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly minP?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly repetitionPenalty?: number
  readonly seed?: number
  /** Bound to one tokenizer, so never translated. */
  readonly logitBias?: Readonly<Record<string, number>>
  readonly logprobs?: { readonly top: number }
}

export type OutputFormat = {
  readonly format: 'text' | 'json' | 'json_schema'
  readonly schema?: { readonly name?: string; readonly description?: string; readonly schema: Json; readonly strict?: boolean }
  readonly verbosity?: 'low' | 'medium' | 'high'
  /** `text` when left out. */
  readonly modalities?: readonly ('text' | 'image' | 'audio')[]
}

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type Reasoning = {
  readonly effort?: Effort
  /** Tokens; -1 lets the model decide, 0 switches reasoning off. */
  readonly budgetTokens?: number
  /** How much of it the client wants to read. */
  readonly visible?: 'none' | 'summary' | 'full'
}

export type CachePolicy = {
  /** Anthropic's top-level `cache_control`. */
  readonly auto?: boolean
  readonly ttl?: string
  /** OpenAI's `prompt_cache_key`. */
  readonly key?: string
  /** Gemini's `cachedContent`: a provider's own object. */
  readonly ref?: string
}

export type ConversationState = {
  readonly store?: boolean
  readonly previousResponseId?: string
  readonly conversation?: unknown
  readonly background?: boolean
  readonly prompt?: unknown
}
