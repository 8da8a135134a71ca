import type { DialectName } from '#canonical/request.ts'
import type { FaultOf, FaultRule } from './fault-kinds.ts'
import { type Piece, type Sound, type Step, type Tempo, timeline } from './timeline.ts'
import { complaintOf, errorBody, errorFrames, type VendorError, waitHeaders } from './vendor-errors.ts'

/** What a fault is made from besides its rule. */
export type FaultContext = {
  readonly dialect: DialectName
  readonly tempo: Tempo
  /** Seconds since the epoch. */
  readonly nowSeconds: number
  /** The answer that would have been; only made when the fault needs it. */
  readonly sound: () => Sound
}

const page = '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n'

/** What the mock does for a call that got this fault. */
export function faultySteps(rule: FaultRule, context: FaultContext): readonly Step[] {
  switch (rule.kind) {
    case 'rate_limit':
      return rateLimit(rule, context)
    case 'error':
      return errorStatus(rule, context)
    case 'auth':
      return refusal(context, { status: rule.status, complaint: 'auth' })
    case 'billing':
      return refusal(context, { status: rule.status, complaint: 'billing' })
    case 'context_length':
      return refusal(context, { status: 400, complaint: 'context_length' })
    case 'content_filter':
      // As a finish it is in the answer itself.
      return rule.as === 'error'
        ? refusal(context, { status: 400, complaint: 'content_filter' })
        : timeline(context.sound(), context.tempo)
    case 'refused':
      return [{ kind: 'refuse', ms: rule.for }]
    case 'reset':
      return [{ kind: 'break', hard: true }]
    case 'html_200':
      return respond(200, 'text/html; charset=utf-8', page)
    default:
      return faultyAnswer(rule, context)
  }
}

type AnswerFault = Exclude<
  FaultRule,
  {
    readonly kind:
      | 'rate_limit'
      | 'error'
      | 'auth'
      | 'billing'
      | 'context_length'
      | 'content_filter'
      | 'refused'
      | 'reset'
      | 'html_200'
  }
>

/** The faults of an answer that began well. */
function faultyAnswer(rule: AnswerFault, context: FaultContext): readonly Step[] {
  const sound = context.sound()
  const { tempo } = context
  switch (rule.kind) {
    case 'slow_first_token':
      return timeline(sound, { ...tempo, firstTokenMs: rule.delay, before: rule.before })
    case 'slow_chunks':
      return timeline(sound, { ...tempo, chunkMs: rule.delay })
    case 'silent_before':
      return timeline(sound, { ...tempo, firstTokenMs: rule.for ?? Number.POSITIVE_INFINITY, before: rule.before })
    case 'silent':
      return silent(rule, sound, tempo)
    case 'cut':
      return timeline(firstPart(sound, rule.after), tempo, [{ kind: 'break', hard: false }])
    case 'reset_mid_stream':
      return timeline(firstPart(sound, rule.after), tempo, [{ kind: 'break', hard: true }])
    case 'disconnect_after':
      return afterBytes(timeline(sound, tempo), rule.bytes)
    case 'malformed_event':
      return malformed(rule, sound, tempo)
    case 'error_event':
      return errorEvent(rule, sound, context)
    case 'unexpected_fields':
      return timeline(withUnexpected(sound, context.dialect), tempo)
    case 'truncated_json':
      return timeline(truncated(sound), tempo)
    case 'wrong_content_type':
      return timeline({ ...sound, contentType: rule.type }, tempo)
    case 'no_done':
      return timeline({ ...sound, pieces: sound.pieces.map(withoutDone) }, tempo)
    case 'empty_content':
    case 'empty_choices':
    case 'not_streamed':
      return timeline(sound, tempo)
  }
}

/** A complete response in one go. */
export function respond(
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const head: Step = { kind: 'head', status, headers: { 'content-type': type, ...headers } }
  return [head, { kind: 'write', bytes: body }, { kind: 'end' }]
}

/** An error status with the vendor's body. */
export function refusal(
  context: Pick<FaultContext, 'dialect'>,
  error: VendorError,
  headers: Readonly<Record<string, string>> = {},
): readonly Step[] {
  return respond(error.status, 'application/json', JSON.stringify(errorBody(context.dialect, error)), headers)
}

function rateLimit(rule: FaultOf<'rate_limit'>, context: FaultContext): readonly Step[] {
  const told = rule.hint === 'vendor' ? { retryAfterMs: rule.retry_after } : {}
  return refusal(
    context,
    { status: 429, complaint: 'rate_limit', ...told },
    waitHeaders(context.dialect, rule, context.nowSeconds),
  )
}

function errorStatus(rule: FaultOf<'error'>, context: FaultContext): readonly Step[] {
  switch (rule.body) {
    case 'dialect':
      return refusal(context, { status: rule.status, complaint: complaintOf(rule.status) })
    case 'html':
      return respond(rule.status, 'text/html; charset=utf-8', page)
    case 'text':
      return respond(rule.status, 'text/plain', 'upstream connect error or disconnect/reset before headers')
    case 'empty':
      return respond(rule.status, 'text/plain', '')
  }
}

/** The answer up to `after` frames with content; half of a whole one. */
function firstPart(sound: Sound, after: number): Sound {
  const limit = sound.whole ? 1 : after
  let seen = 0
  const pieces = sound.pieces.filter(({ role }) => role === 'open' || (role === 'content' && seen++ < limit))
  return { ...sound, pieces }
}

function silent(rule: FaultOf<'silent'>, sound: Sound, tempo: Tempo): readonly Step[] {
  const begun = firstPart(sound, rule.after)
  const rest = sound.pieces.slice(begun.pieces.length).map((piece): Step => ({ kind: 'write', bytes: piece.text }))
  const pause: Step = { kind: 'wait', ms: rule.for ?? Number.POSITIVE_INFINITY }
  return timeline(begun, tempo, [pause, ...rest, { kind: 'end' }])
}

function malformed(rule: FaultOf<'malformed_event'>, sound: Sound, tempo: Tempo): readonly Step[] {
  const begun = firstPart(sound, rule.after).pieces
  const rest = sound.pieces.slice(begun.length)
  const pieces = [...begun, ...rest.slice(0, 1).map(broken), ...(rule.then === 'stop' ? [] : rest)]
  return timeline({ ...sound, pieces }, tempo)
}

/** The frame with its JSON broken off in the middle; an element of a JSON array keeps its brackets, else the rest would be lost too. */
function broken(piece: Piece): Piece {
  if (!piece.text.includes('data:')) return { ...piece, text: ',\n{"candidates": oops}' }
  const cut = piece.text.replace(/^data:.*$/gm, (line) => line.slice(0, Math.max(8, line.length / 2)))
  return { text: cut, role: piece.role }
}

function errorEvent(rule: FaultOf<'error_event'>, sound: Sound, context: FaultContext): readonly Step[] {
  const inArray = !sound.contentType.startsWith('text/event-stream')
  const begun = rule.first ? { ...sound, pieces: [] } : firstPart(sound, rule.after)
  const error = { status: rule.status, complaint: complaintOf(rule.status) }
  const comma = begun.pieces.length === 0 ? '[' : ',\n'
  const text = inArray ? `${comma}${JSON.stringify(errorBody(context.dialect, error))}]` : errorFrames(context.dialect, error)
  return timeline({ ...begun, pieces: [...begun.pieces, { text, role: 'close' }] }, context.tempo)
}

const unexpected = '"x_unexpected":{"nested":[1,null,{"deep":true}]},'

/** A field nobody knows in every object, and a frame nobody knows where frames have names. */
function withUnexpected(sound: Sound, dialect: DialectName): Sound {
  if (sound.whole)
    return { ...sound, pieces: sound.pieces.map((piece, index) => (index === 0 ? insertField(piece, /^\{(?!\})/) : piece)) }
  const named = dialect === 'anthropic' || dialect === 'openai-responses'
  const stranger: readonly Piece[] = named
    ? [{ text: 'event: x_unexpected\ndata: {"type":"x_unexpected","index":0}\n\n', role: 'content' }]
    : []
  const pattern = sound.contentType.startsWith('text/event-stream') ? /^data: \{(?!\})/gm : /^[[,\s]*\{(?!\})/
  const pieces = sound.pieces.map((piece) => insertField(piece, pattern))
  const opening = pieces.filter(({ role }) => role === 'open')
  return { ...sound, pieces: [...opening, ...stranger, ...pieces.slice(opening.length)] }
}

function insertField(piece: Piece, pattern: RegExp): Piece {
  return { ...piece, text: piece.text.replace(pattern, (start) => start + unexpected) }
}

/** JSON that stops in the middle while the response ends in order. */
function truncated(sound: Sound): Sound {
  const begun = firstPart(sound, 2)
  if (sound.whole) return begun
  const last = begun.pieces.at(-1)
  if (last === undefined) return begun
  const text = last.text.slice(0, Math.ceil(last.text.length * 0.6))
  return { ...begun, pieces: [...begun.pieces.slice(0, -1), { ...last, text }] }
}

function withoutDone(piece: Piece): Piece {
  return { ...piece, text: piece.text.replace('data: [DONE]\n\n', '') }
}

/** Counts bytes of the body and breaks the connection behind the last one that is sent. */
function afterBytes(steps: readonly Step[], most: number): readonly Step[] {
  const kept: Step[] = []
  let left = most
  for (const step of steps) {
    if (step.kind !== 'write') {
      if (step.kind !== 'end') kept.push(step)
      continue
    }
    const bytes = Buffer.from(step.bytes)
    kept.push({ kind: 'write', bytes: bytes.subarray(0, left) })
    left -= bytes.length
    if (left <= 0) break
  }
  return [...kept, { kind: 'break', hard: false }]
}
