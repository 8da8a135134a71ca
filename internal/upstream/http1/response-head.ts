import { digitsIn } from '#lib/http-fields.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { createFieldReader } from './response-fields.ts'

/** How the end of an answer's body is found (RFC 9112, section 6.3). */
export type Framing = { readonly kind: 'none' | 'chunks' | 'close' } | { readonly kind: 'length'; readonly bytes: number }

type Headers = Readonly<Record<string, string>>

export type ResponseHead = {
  readonly status: number
  /** Lower-case names; several values of one name in their order, joined by a comma. */
  readonly headers: Headers
  readonly framing: Framing
  /** The connection may be used for another request. */
  readonly isKept: boolean
  /** For how many seconds the provider keeps it, where it says so. */
  readonly keptSeconds: number | undefined
}

/** Reads the head of an answer, without the empty line that ends it, as RFC 9112 has it; the error says what is wrong with it. */
export type HeadReader = (text: string) => Result<ResponseHead, string>

/** One for the answers of one server, which mostly differ in a few lines: what is as it was is not looked at again. */
export function createHeadReader(): HeadReader {
  let status: Status = { line: '', code: 0, minor: '' }
  let keeping = keepingOf(status, {})
  const readFields = createFieldReader()
  const read = (text: string): Result<ResponseHead, string> => {
    const end = text.indexOf('\r\n')
    const line = end < 0 ? text : text.slice(0, end)
    if (status.line !== line) {
      const read = readStatus(line)
      if (read === undefined) return err('the provider did not answer in HTTP')
      status = read
    }
    const headers = readFields(text, line.length + 2)
    if (headers === undefined) return err('the provider sent a header that is none')
    const framing = framingOf(status.code, headers)
    if (!framing.ok) return framing
    if (!isOf(keeping, status, headers)) keeping = keepingOf(status, headers)
    const isKept = framing.value.kind !== 'close' && keeping.isWanted
    return ok({ status: status.code, headers, framing: framing.value, isKept, keptSeconds: keeping.seconds })
  }
  // Servers without ids or counts in their heads say the same a whole second long.
  let last = { text: '', head: read('') }
  return (text) => {
    if (last.text !== text) last = { text, head: read(text) }
    return last.head
  }
}

type Status = { readonly line: string; readonly code: number; readonly minor: string }

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/

function readStatus(line: string): Status | undefined {
  const [, minor, code] = statusLine.exec(line) ?? []
  return minor === undefined || code === undefined ? undefined : { line, code: Number(code), minor }
}

/** What an answer says of its connection, and by which words. */
type Keeping = {
  readonly minor: string
  readonly connection: string | undefined
  readonly keepAlive: string | undefined
  readonly isWanted: boolean
  readonly seconds: number | undefined
}

function isOf(keeping: Keeping, { minor }: Status, headers: Headers): boolean {
  return keeping.minor === minor && keeping.connection === headers['connection'] && keeping.keepAlive === headers['keep-alive']
}

function keepingOf({ minor }: Status, headers: Headers): Keeping {
  const connection = headers['connection']
  const keepAlive = headers['keep-alive']
  const [, seconds] = /\btimeout\s*=\s*(\d{1,6})/i.exec(keepAlive ?? '') ?? []
  return {
    minor,
    connection,
    keepAlive,
    isWanted: minor === '1' ? !/\bclose\b/i.test(connection ?? '') : /\bkeep-alive\b/i.test(connection ?? ''),
    seconds: seconds === undefined ? undefined : Number(seconds),
  }
}

function framingOf(status: number, headers: Headers): Result<Framing, string> {
  if (status < 200 || status === 204 || status === 304) return ok({ kind: 'none' })
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined) {
    // Both at once is how answers are smuggled.
    if (length !== undefined) return err('the provider sent both a length and a transfer coding')
    if (coding.toLowerCase() !== 'chunked') return err('the provider sent a transfer coding that is not known')
    return ok({ kind: 'chunks' })
  }
  if (length === undefined) return ok({ kind: 'close' })
  const bytes = digitsIn(length)
  return bytes === undefined ? err('the provider sent a length that is none') : ok({ kind: 'length', bytes })
}
