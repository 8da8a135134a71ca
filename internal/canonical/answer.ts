import type { Failure } from './failure.ts'
import type { Citation, Json, Opaque } from './request.ts'

/** Why an answer ended. `context_window`: the model's window was full before the client's limit was reached. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool_calls'
  | 'stop_sequence'
  | 'refusal'
  | 'content_filter'
  | 'context_window'
  | 'pause'
  | 'malformed_tool_call'
  | 'other'

export type Finish = {
  readonly reason: FinishReason
  /** The provider's own word, for the log and the way back to the same dialect. */
  readonly raw?: string
  /** The stop sequence that was hit, where the provider tells. */
  readonly sequence?: string
  /** Anthropic's `stop_details`. */
  readonly details?: unknown
}

/** Tokens, in one arithmetic: `input` includes what was read from and written to caches, `output` includes `reasoning`. */
export type Usage = {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** The part of `cacheWrite` kept for one hour (Anthropic prices it apart). */
  readonly cacheWrite1h?: number
  readonly reasoning: number
  readonly audioIn?: number
  readonly audioOut?: number
  /** The provider gave no numbers: these are counted by us. */
  readonly estimated?: boolean
}

export type AnswerTextPart = {
  readonly kind: 'text'
  readonly text: string
  readonly citations?: readonly Citation[]
  readonly opaque?: readonly Opaque[]
  /** OpenAI Responses: `commentary` or `final_answer`. */
  readonly phase?: string
}
export type AnswerReasoningPart = { readonly kind: 'reasoning'; readonly text: string; readonly opaque?: readonly Opaque[] }
export type AnswerRefusalPart = { readonly kind: 'refusal'; readonly text: string }
export type AnswerToolCallPart = {
  readonly kind: 'tool_call'
  readonly id: string
  readonly name: string
  /** JSON text as the model wrote it; may be broken when the answer was cut at its limit. */
  readonly args: string
  readonly custom?: boolean
  readonly opaque?: readonly Opaque[]
}
/** An image or audio that the model made; `data` is base64. */
export type AnswerMediaPart = {
  readonly kind: 'image' | 'audio'
  readonly mime: string
  readonly data: string
  readonly opaque?: readonly Opaque[]
}
export type AnswerServerToolPart = {
  readonly kind: 'server_tool'
  readonly type: string
  readonly vendor: string
  readonly raw: Json
}

export type AnswerPart =
  | AnswerTextPart
  | AnswerReasoningPart
  | AnswerRefusalPart
  | AnswerToolCallPart
  | AnswerMediaPart
  | AnswerServerToolPart

export type Candidate = {
  readonly index: number
  readonly parts: readonly AnswerPart[]
  readonly finish: Finish
  /** OpenAI's `logprobs` object of the choice, passed on between OpenAI dialects. */
  readonly logprobs?: unknown
}

/** A whole answer. */
export type Answer = {
  /** The provider's id; the relay makes one where there is none. */
  readonly id: string
  /** What the provider says answered. */
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly candidates: readonly Candidate[]
  readonly usage?: Usage
  readonly tier?: string
}

/** What a part that is being streamed is; media and server tools come whole in `part_whole`. */
export type StreamedPartKind = 'text' | 'reasoning' | 'refusal' | 'tool_call'

/**
 * One event of an answer under way. Rules, which every decoder keeps and every encoder may rely on:
 * `start` comes first and once; a `part_delta` lies between its `part_start` and `part_end`; part numbers of a candidate
 * count up from 0 and are never used twice; several parts may be open at once (parallel tool calls interleave at OpenAI);
 * `finish` comes once per candidate; `usage` is cumulative, the last one counts; exactly one of `end` and `failure` closes.
 */
export type AnswerEvent =
  | { readonly kind: 'start'; readonly id: string; readonly model: string; readonly created: number; readonly usage?: Usage }
  | PartStart
  /** More text, reasoning, refusal or JSON text of arguments, by the kind of the part. */
  | {
      readonly kind: 'part_delta'
      readonly candidate: number
      readonly part: number
      readonly text: string
      readonly logprobs?: unknown
    }
  | { readonly kind: 'part_citation'; readonly candidate: number; readonly part: number; readonly citation: Citation }
  | { readonly kind: 'part_end'; readonly candidate: number; readonly part: number; readonly opaque?: readonly Opaque[] }
  /** A part that comes in one piece; it takes a part number of its own. */
  | {
      readonly kind: 'part_whole'
      readonly candidate: number
      readonly part: number
      readonly content: AnswerMediaPart | AnswerServerToolPart
    }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'finish'; readonly candidate: number; readonly finish: Finish }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly failure: Failure }
  /** A sign of life without content. */
  | { readonly kind: 'ping' }
  /** A frame that could not be read and was left out. */
  | { readonly kind: 'skipped' }

export type PartStart =
  | {
      readonly kind: 'part_start'
      readonly candidate: number
      readonly part: number
      readonly type: 'text' | 'reasoning' | 'refusal'
      readonly opaque?: readonly Opaque[]
      /** Of a text: as `AnswerTextPart.phase`. */
      readonly phase?: string
    }
  | {
      readonly kind: 'part_start'
      readonly candidate: number
      readonly part: number
      readonly type: 'tool_call'
      readonly id: string
      readonly name: string
      readonly custom?: boolean
      readonly opaque?: readonly Opaque[]
    }

/** Takes events as they come; synchronous, so that a packet of events is one write. */
export type Emit = (event: AnswerEvent) => void

/** Whether the event carries something that the caller would see: after it, an attempt cannot be replaced unseen. */
export function isContent(event: AnswerEvent): boolean {
  switch (event.kind) {
    case 'part_delta':
      return event.text !== ''
    case 'part_whole':
      return true
    case 'part_start':
      return event.type === 'tool_call'
    default:
      return false
  }
}
