import type {
  Answer,
  AnswerEvent,
  AnswerMediaPart,
  AnswerPart,
  AnswerServerToolPart,
  Emit,
  PartStart,
} from '#canonical/answer.ts'
import type { AnswerGuard } from '#canonical/answer-guard.ts'
import type { Citation } from '#canonical/request.ts'
import type { GuardrailConfig } from '#config/config.ts'
import { redactJson } from './redact-json.ts'
import { redactStream, type StreamRedactor } from './redact-stream.ts'
import type { Redactor } from './redactor.ts'
import { redactorOf } from './redactors.ts'

/** Hears of what was found: by which guardrail and which pattern. */
type Found = (guardrail: string, pattern: string) => void

/** What the answers go through that these guardrails apply to; undefined where none looks at answers. */
export function answerGuardOf(guardrails: readonly GuardrailConfig[], found: Found): AnswerGuard | undefined {
  const sizes = guardrails.flatMap(({ max_response }) => max_response ?? [])
  const layers = guardrails.flatMap(({ name, redact }) =>
    redact?.in.includes('response') === true
      ? [{ redactor: redactorOf(redact), found: (pattern: string) => found(name, pattern) }]
      : [],
  )
  if (sizes.length === 0 && layers.length === 0) return undefined
  const most = sizes.length === 0 ? undefined : Math.min(...sizes)
  return {
    maxCharacters: most,
    whole: (answer) =>
      charactersOf(answer) > (most ?? Number.POSITIVE_INFINITY) ? undefined : layers.reduce(redactAnswer, answer),
    stream: (emit) =>
      layers.reduceRight((next, layer) => redactEvents(layer, next), most === undefined ? emit : cutEvents(most, emit)),
  }
}

function charactersOf({ candidates }: Answer): number {
  let count = 0
  for (const { parts } of candidates) {
    for (const part of parts) if ('text' in part) count += part.text.length
    for (const part of parts) if (part.kind === 'tool_call') count += part.args.length
  }
  return count
}

/** Lets so many characters through; what is over ends as at a limit of tokens. */
function cutEvents(most: number, emit: Emit): Emit {
  let left = most
  let cut = false
  return (event) => {
    if (event.kind === 'finish' && cut) return emit({ ...event, finish: { reason: 'length' } })
    if (event.kind !== 'part_delta') return emit(event)
    const text = event.text.slice(0, left)
    left -= text.length
    if (text.length < event.text.length) cut = true
    if (text !== '') emit(text === event.text ? event : { ...event, text })
  }
}

type Layer = { readonly redactor: Redactor; readonly found: (pattern: string) => void }

function redactAnswer(answer: Answer, layer: Layer): Answer {
  return {
    ...answer,
    // Log probabilities hold the words one by one.
    candidates: answer.candidates.map(({ logprobs: _words, ...candidate }) => ({
      ...candidate,
      parts: candidate.parts.map((part) => redactPart(part, layer)),
    })),
  }
}

function redactPart(part: AnswerPart, { redactor, found }: Layer): AnswerPart {
  const redact = (text: string): string => redactor.redact(text, found)
  switch (part.kind) {
    case 'text':
      return {
        ...part,
        text: redact(part.text),
        ...(part.citations === undefined
          ? {}
          : { citations: part.citations.map((citation) => redactCitation(citation, redact)) }),
      }
    case 'reasoning':
    case 'refusal':
      return { ...part, text: redact(part.text) }
    case 'server_tool':
    case 'image':
    case 'audio':
      return redactWhole(part, redact)
    // Arguments are for the tool, which needs them as they are.
    case 'tool_call':
      return part
  }
}

type WholePart = AnswerMediaPart | AnswerServerToolPart

function redactWhole(part: WholePart, redact: (text: string) => string): WholePart {
  return part.kind === 'server_tool' ? { ...part, raw: redactJson(part.raw, redact)?.value ?? {} } : part
}

/** The vendor's own form, which has the text once more, goes. */
function redactCitation({ raw: _raw, ...citation }: Citation, redact: (text: string) => string): Citation {
  return citation.citedText === undefined ? citation : { ...citation, citedText: redact(citation.citedText) }
}

type Part = { readonly candidate: number; readonly part: number }

function redactEvents({ redactor, found }: Layer, emit: Emit): Emit {
  const open = new Map<string, { readonly at: Part; readonly text: StreamRedactor }>()
  const keyOf = ({ candidate, part }: Part): string => `${candidate}:${part}`
  const close = (key: string): void => {
    const rest = open.get(key)
    open.delete(key)
    const text = rest?.text.flush() ?? ''
    if (rest !== undefined && text !== '') emit({ kind: 'part_delta', ...rest.at, text })
  }
  const delta = (event: Extract<AnswerEvent, { readonly kind: 'part_delta' }>): void => {
    const part = open.get(keyOf(event))
    if (part === undefined) return emit(event)
    const text = part.text.push(event.text)
    if (text !== '') emit({ kind: 'part_delta', ...part.at, text })
  }
  const begin = (event: PartStart): void => {
    const at = { candidate: event.candidate, part: event.part }
    if (event.type !== 'tool_call') open.set(keyOf(event), { at, text: redactStream(redactor, found) })
  }
  const closeAll = (candidate: number | undefined): void => {
    for (const [key, { at }] of [...open]) if (candidate === undefined || at.candidate === candidate) close(key)
  }
  const redact = (text: string): string => redactor.redact(text, found)
  return (event) => {
    switch (event.kind) {
      case 'part_start':
        begin(event)
        return emit(event)
      case 'part_delta':
        return delta(event)
      case 'part_citation':
        return emit({ ...event, citation: redactCitation(event.citation, redact) })
      case 'part_whole':
        return emit({ ...event, content: redactWhole(event.content, redact) })
      case 'part_end':
        close(keyOf(event))
        return emit(event)
      case 'finish':
        closeAll(event.candidate)
        return emit(event)
      case 'end':
        closeAll(undefined)
        return emit(event)
      default:
        return emit(event)
    }
  }
}
