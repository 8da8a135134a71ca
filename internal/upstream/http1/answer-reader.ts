import { type ChunkReading, readChunks, startChunks } from './chunks.ts'
import type { Framing, HeadReader, ResponseHead } from './response-head.ts'

/** Hears of an answer. */
export type AnswerSink = {
  readonly head: (head: ResponseHead) => void
  /** The bytes are its own. */
  readonly data: (bytes: Uint8Array) => void
  readonly end: () => void
}

/** What is being read off a connection: one answer after the other. */
export type AnswerReading = {
  readonly readHead: HeadReader
  sink: AnswerSink | undefined
  part: 'head' | Exclude<Framing['kind'], 'none'> | 'done'
  /** The beginning of a head that has not come whole. */
  begun: Buffer | undefined
  /** Answers before the answer. */
  interim: number
  /** Bytes of a body of announced length that are to come. */
  left: number
  chunks: ChunkReading
}

// As much as node:http takes for headers.
const mostHeadBytes = 16 * 1024
// Answers before the answer (RFC 9110, section 15.2): more are nobody's hint any more.
const mostInterim = 20

const headEnd = Buffer.from('\r\n\r\n')

export function createReading(readHead: HeadReader): AnswerReading {
  return { readHead, sink: undefined, part: 'done', begun: undefined, interim: 0, left: 0, chunks: startChunks() }
}

/** Begins with another answer. */
export function startAnswer(reading: AnswerReading, sink: AnswerSink): void {
  reading.sink = sink
  reading.part = 'head'
  reading.begun = undefined
  reading.interim = 0
}

/** Reads what came, which is not kept. Gives how many bytes came after the answer's end, or what is wrong with it. */
export function readAnswer(reading: AnswerReading, came: Buffer): number | string {
  let bytes = reading.begun === undefined ? came : Buffer.concat([reading.begun, came])
  reading.begun = undefined
  while (reading.part === 'head') {
    const bodyAt = readHead(reading, bytes)
    if (typeof bodyAt === 'string') return bodyAt
    if (bodyAt === undefined) {
      // What it stands in is written over with what comes next.
      reading.begun = Buffer.from(bytes)
      return 0
    }
    bytes = bytes.subarray(bodyAt)
  }
  const rest = readBody(reading, bytes)
  return typeof rest === 'string' ? rest : bytes.length - rest
}

/** The provider closed the connection: whether the answer is whole with that. */
export function closeAnswer(reading: AnswerReading): boolean {
  if (reading.part === 'close') finish(reading)
  return reading.part === 'done'
}

/** Gives where the head ends in `bytes`, undefined when it has not come whole, or what is wrong. */
function readHead(reading: AnswerReading, bytes: Buffer): number | string | undefined {
  const end = bytes.indexOf(headEnd)
  if ((end < 0 ? bytes.length : end) > mostHeadBytes) return 'the provider sent headers that are too large'
  if (end < 0) return undefined
  const head = reading.readHead(bytes.toString('latin1', 0, end))
  if (!head.ok) return head.error
  const { status } = head.value
  if (status === 101) return 'the provider changed to another protocol'
  if (status >= 200) beginBody(reading, head.value)
  else if (++reading.interim > mostInterim) return 'the provider sent too many answers before its answer'
  return end + headEnd.length
}

function beginBody(reading: AnswerReading, head: ResponseHead): void {
  const { framing } = head
  reading.sink?.head(head)
  if (framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0)) return finish(reading)
  reading.part = framing.kind
  if (framing.kind === 'length') reading.left = framing.bytes
  else reading.chunks = startChunks()
}

/** Gives where the body, or what came of it, ends in `bytes`, or what is wrong. */
function readBody(reading: AnswerReading, bytes: Buffer): number | string {
  switch (reading.part) {
    case 'length': {
      const end = Math.min(bytes.length, reading.left)
      reading.left -= end
      tell(reading, bytes.subarray(0, end))
      if (reading.left === 0) finish(reading)
      return end
    }
    case 'chunks': {
      const stretches: number[] = []
      const end = readChunks(reading.chunks, bytes, 0, stretches)
      // Together: they are told at once.
      if (stretches.length > 0) reading.sink?.data(putTogether(bytes, stretches))
      if (end < 0) return 'the provider sent a body that is not in chunks, as its headers say'
      if (reading.chunks.state === 'done') finish(reading)
      return end
    }
    case 'close':
      tell(reading, bytes)
      return bytes.length
    case 'head':
    case 'done':
      return 0
  }
}

/** `stretches`: where each begins and ends, one behind the other. */
function putTogether(bytes: Buffer, stretches: readonly number[]): Buffer {
  let length = 0
  for (let at = 0; at < stretches.length; at += 2) length += (stretches[at + 1] ?? 0) - (stretches[at] ?? 0)
  const whole = Buffer.allocUnsafe(length)
  let filled = 0
  for (let at = 0; at < stretches.length; at += 2) filled += bytes.copy(whole, filled, stretches[at], stretches[at + 1])
  return whole
}

function tell({ sink }: AnswerReading, bytes: Buffer): void {
  if (bytes.length > 0) sink?.data(Buffer.from(bytes))
}

function finish(reading: AnswerReading): void {
  const { sink } = reading
  reading.part = 'done'
  reading.sink = undefined
  sink?.end()
}
