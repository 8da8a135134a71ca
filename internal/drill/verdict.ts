import type { AnswerEvent } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import type { Dialect, EncodeTarget } from '#dialect/dialect.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { parseJson } from '#lib/json.ts'
import type { Received } from './ask.ts'
import type { DrillFault } from './faults.ts'

/**
 * What became of the client's request. `rescued`: the whole answer, once. `clean_error`: an error in the client's dialect, and
 * no part of an answer before it. `truncated`: a part of the answer. `hung`: neither answer nor error while the client waited.
 * `garbled`: something that is none of these, such as words that came twice.
 */
export type Verdict = 'rescued' | 'clean_error' | 'truncated' | 'hung' | 'garbled'

export const verdicts: readonly Verdict[] = ['rescued', 'clean_error', 'truncated', 'hung', 'garbled']

/** What the client made of what it was sent. */
export type Reading = { readonly text: string; readonly end: 'end' | 'error' | 'broken'; readonly error?: string }

/** Reads an answer or an error as a client of the dialect does. */
export function read(received: Received, dialect: Dialect, request: Request, target: EncodeTarget): Reading {
  const { status, headers, body } = received
  if (status >= 400) {
    const failure = dialect.decodeError(status, headers, body)
    return { text: '', end: parseJson(body).ok ? 'error' : 'broken', error: `${status} ${failure.message}` }
  }
  return request.stream ? readStream(body, dialect, { request, target }) : readWhole(body, dialect, { request, target })
}

type Context = { readonly request: Request; readonly target: EncodeTarget }

function readStream(body: string, dialect: Dialect, context: Context): Reading {
  let text = ''
  let end: Reading['end'] = 'broken'
  let error: string | undefined
  const textParts = new Set<number>()
  const take = (event: AnswerEvent): void => {
    if (event.kind === 'part_start' && event.type === 'text') textParts.add(event.part)
    else if (event.kind === 'part_delta' && textParts.has(event.part)) text += event.text
    else if (event.kind === 'end') end = 'end'
    else if (event.kind === 'failure') {
      end = 'error'
      error = event.failure.message
    }
  }
  const decoder = dialect.decodeStream(take, context)
  const parser = parseSse(decoder.frame)
  parser.push(Buffer.from(body))
  parser.end()
  if (end === 'broken') decoder.end()
  return { text, end, ...(error === undefined ? {} : { error }) }
}

function readWhole(body: string, dialect: Dialect, context: Context): Reading {
  const parsed = parseJson(body)
  const answer = parsed.ok ? dialect.decodeAnswer(parsed.value, context) : undefined
  if (answer?.ok !== true) return { text: '', end: 'broken' }
  const parts = answer.value.candidates[0]?.parts ?? []
  return { text: parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''), end: 'end' }
}

/** @param whole the text that the client should get */
export function judge(received: Received, { text, end }: Reading, whole: string): Verdict {
  if (!received.ended) return 'hung'
  if (end === 'end' && text === whole) return 'rescued'
  if (end === 'error' && text === '') return 'clean_error'
  if (whole.startsWith(text) && (text !== '' || end === 'end')) return 'truncated'
  return 'garbled'
}

/** Whether the verdict is what this route can be held to. `others`: the plan has more targets than the one with the fault. */
export function isExpected(verdict: Verdict, fault: Pick<DrillFault, 'effect' | 'everywhere'>, others: boolean): boolean {
  if (verdict === 'rescued') return true
  if (fault.effect === 'harmless') return false
  if (fault.everywhere || fault.effect === 'refusal') return verdict === 'clean_error'
  // Nobody else can give the rest of an answer that has begun.
  return !others && (verdict === 'clean_error' || verdict === 'truncated')
}
