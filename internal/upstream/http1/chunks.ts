/** A body in chunks (RFC 9112, section 7.1) that is being read as it comes, in pieces of any size. */
export type ChunkReading = {
  state: State
  /** Of the chunk: what is left of it. */
  size: number
  digits: number
  /** Bytes of extensions and trailers so far. */
  aside: number
}

type State =
  | 'size'
  | 'extension'
  | 'size_lf'
  | 'data'
  | 'data_cr'
  | 'data_lf'
  | 'trailer'
  | 'trailer_line'
  | 'trailer_lf'
  | 'end_lf'
  | 'done'

// Bytes of chunk extensions and trailers, which nobody wants, for a whole body.
const mostAside = 16 * 1024
// 2^48 bytes: more is no size.
const mostDigits = 12

const cr = 0x0d
const lf = 0x0a
const semicolon = 0x3b

export function startChunks(): ChunkReading {
  return { state: 'size', size: 0, digits: 0, aside: 0 }
}

/**
 * Reads on in `bytes` from `from`; where each stretch of data begins and ends is put into `stretches`. Gives where it stopped: at the end of
 * `bytes`, or of the body, when its state is `done`; -1: these are no chunks.
 */
export function readChunks(reading: ChunkReading, bytes: Uint8Array, from: number, stretches: number[]): number {
  let at = from
  while (at < bytes.length && reading.state !== 'done') {
    if (reading.state === 'data') {
      const end = Math.min(bytes.length, at + reading.size)
      stretches.push(at, end)
      reading.size -= end - at
      at = end
      if (reading.size === 0) reading.state = 'data_cr'
      continue
    }
    const data = dataAfter(reading, bytes, at)
    if (data > 0) {
      at = data
      continue
    }
    const next = steps[reading.state](bytes[at] ?? 0, reading)
    if (next === undefined) return -1
    reading.state = next
    at++
  }
  return at
}

/** Where data begins, for what nearly always stands between two stretches of it, read in one step: an end of line, a size, another one. Else 0. */
function dataAfter(reading: ChunkReading, bytes: Uint8Array, from: number): number {
  const isBetween = reading.state === 'data_cr' && bytes[from] === cr && bytes[from + 1] === lf
  if (!isBetween && !(reading.state === 'size' && reading.digits === 0)) return 0
  const start = isBetween ? from + 2 : from
  let size = 0
  let at = start
  for (; at < bytes.length && at - start <= mostDigits; at++) {
    const digit = digitOf(bytes[at] ?? 0)
    if (digit < 0) break
    size = size * 16 + digit
  }
  if (size === 0 || at - start > mostDigits || bytes[at] !== cr || bytes[at + 1] !== lf) return 0
  reading.state = 'data'
  reading.size = size
  reading.digits = at - start
  return at + 2
}

/** What a byte does where no data stands; undefined: it may not be there. */
const steps: Readonly<Record<Exclude<State, 'data' | 'done'>, (byte: number, reading: ChunkReading) => State | undefined>> = {
  size(byte, reading) {
    const digit = digitOf(byte)
    if (digit < 0)
      return reading.digits === 0 ? undefined : byte === cr ? 'size_lf' : byte === semicolon ? 'extension' : undefined
    reading.size = reading.size * 16 + digit
    return ++reading.digits > mostDigits ? undefined : 'size'
  },
  extension: (byte, reading) => (byte === cr ? 'size_lf' : passedOver(byte, reading, 'extension')),
  size_lf: (byte, { size }) => (byte !== lf ? undefined : size === 0 ? 'trailer' : 'data'),
  data_cr: (byte) => (byte === cr ? 'data_lf' : undefined),
  data_lf(byte, reading) {
    reading.digits = 0
    return byte === lf ? 'size' : undefined
  },
  trailer: (byte, reading) => (byte === cr ? 'end_lf' : passedOver(byte, reading, 'trailer_line')),
  trailer_line: (byte, reading) => (byte === cr ? 'trailer_lf' : passedOver(byte, reading, 'trailer_line')),
  trailer_lf: (byte) => (byte === lf ? 'trailer' : undefined),
  end_lf: (byte) => (byte === lf ? 'done' : undefined),
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function passedOver(byte: number, reading: ChunkReading, state: State): State | undefined {
  const isText = (byte >= 0x20 && byte !== 0x7f) || byte === 0x09
  return isText && ++reading.aside <= mostAside ? state : undefined
}
