import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { digitsIn } from '#lib/http-fields.ts'
import { parseExactJson, parseJson } from '#lib/json.ts'
import { err, type Result } from '#lib/result.ts'
import { gather } from '#lib/slices/gather.ts'
import { parseInSlices } from '#lib/slices/parse.ts'
import { cutUp } from '#lib/slices/pieces.ts'
import { largeBytes, type Turn } from '#lib/slices/turn.ts'
import { writeInSlices } from '#lib/slices/write.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import type { AnswerBody, AttemptResult, Consumer, ConsumerPort } from './consumer.ts'

/** What was read of an answer. */
export type Reading = {
  /** What the client gets, to be written; undefined when the provider's bytes pass as they came. */
  readonly written: Json | undefined
  /** What the attempt comes to with that. */
  readonly resultOf: (body: AnswerBody) => AttemptResult
}

/** The value of an answer's JSON, or that it is none. */
type Parsed = Result<unknown, Failure>

type Limits = {
  readonly maxBytes: number
  readonly headers: ResponseHeaders
  /** Whether whole numbers of 64 bits, as ids are, stay exact. Default false: vectors have millions of digits, and no ids. */
  readonly exact?: boolean
}

/** Gathers an answer of JSON, reads it, and writes what its client gets. */
export function consumeJson(limits: Limits, port: ConsumerPort, read: (parsed: Parsed) => Result<Reading, Failure>): Consumer {
  return gatherJson(limits, port, {
    small(parsed, text) {
      const reading = read(parsed)
      if (!reading.ok) return { kind: 'failed', failure: reading.error }
      const { written, resultOf } = reading.value
      return resultOf(written === undefined ? text : JSON.stringify(written))
    },
    async large(parsed, turn, bytes) {
      const reading = read(parsed)
      if (!reading.ok) return { kind: 'failed', failure: reading.error }
      const { written, resultOf } = reading.value
      if (!(await turn())) return undefined
      const body = written === undefined ? cutUp(bytes) : await writeInSlices(written, turn)
      return body && resultOf(body)
    },
  })
}

/** The two ways in which an answer is read. */
type Ways = {
  /** In one go. */
  readonly small: (parsed: Parsed, text: string) => AttemptResult
  /** In turns with others; undefined when nobody wants it any more. */
  readonly large: (parsed: Parsed, turn: Turn, bytes: Buffer) => Promise<AttemptResult | undefined>
}

const space = 0x20

/** Gathers an answer, and settles with what reading it comes to. */
export function gatherJson({ maxBytes, headers, exact }: Limits, port: ConsumerPort, { small, large }: Ways): Consumer {
  const gathered = gather(announcedIn(headers, maxBytes), maxBytes)
  let begun = false
  return {
    data(bytes) {
      if (gathered.size() + bytes.length > maxBytes) {
        port.settle({ kind: 'failed', failure: malformed(`the answer is larger than ${maxBytes} bytes`) })
        return
      }
      gathered.add(bytes)
      // White space before the answer keeps a connection open and shows nothing; from its first letter on it must come on.
      begun ||= bytes.some((byte) => byte > space)
      if (begun) port.life()
    },
    end() {
      const bytes = gathered.take()
      if (bytes.length >= largeBytes) {
        port.settleLater(async (turn) => {
          const parsed = await parseInSlices(bytes, turn)
          return parsed && large(orMalformed(parsed), turn, bytes)
        })
        return
      }
      const text = bytes.toString('utf8')
      port.settle(small(orMalformed(exact === true ? parseExactJson(text) : parseJson(text)), text))
    },
  }
}

/** What a compressed one comes to is not told. */
function announcedIn(headers: ResponseHeaders, maxBytes: number): number {
  const announced = headers['content-encoding'] === undefined ? digitsIn(headers['content-length'] ?? '') : undefined
  return announced !== undefined && announced <= maxBytes ? announced : 0
}

function orMalformed(parsed: Result<unknown, string>): Parsed {
  return parsed.ok ? parsed : err(malformed(`the answer is not JSON: ${parsed.error.slice(0, 120)}`))
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}
