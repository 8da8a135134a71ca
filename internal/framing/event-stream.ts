import { crc32 } from 'node:zlib'
import type { SseFrame } from './sse-parse.ts'

/** Takes bytes as they come and gives messages; what is unfinished at the `end` is none. */
export type EventStreamParser = { readonly push: (bytes: Uint8Array) => void; readonly end: () => void }

/** Stands before the name of an exception, which is an event like any other but for its meaning. */
export const exceptionMark = 'exception:'

const preludeBytes = 12
const leastBytes = 16
// Amazon's own limit is 16 MiB of payload and 128 KiB of headers.
const mostBytes = 17 * 1024 * 1024

/**
 * A parser of `application/vnd.amazon.eventstream`, the binary framing of AWS's streams. A message becomes a frame: its
 * `:event-type` and its payload; an exception's frame is named by `exceptionMark` and its type. Source:
 * docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html, smithy.io, Amazon event stream.
 * @param onFault told once when the bytes are no such messages; nothing can be read after it
 */
export function parseEventStream(
  onFrame: (frame: SseFrame) => void,
  onFault: (message: string) => void = () => {},
): EventStreamParser {
  let rest: Buffer = Buffer.alloc(0)
  let broken = false

  const fail = (message: string): void => {
    broken = true
    rest = Buffer.alloc(0)
    onFault(message)
  }
  /** Bytes of the next message; 0 while too little of it is there. */
  const nextLength = (at: number): number => {
    if (rest.length - at < preludeBytes) return 0
    const length = rest.readUInt32BE(at)
    const headersLength = rest.readUInt32BE(at + 4)
    const sound = crc32(rest.subarray(at, at + 8)) === rest.readUInt32BE(at + 8)
    if (!sound || length < leastBytes + headersLength || length > mostBytes) {
      fail('the stream holds bytes that are no event')
      return 0
    }
    return rest.length - at < length ? 0 : length
  }
  return {
    push(bytes) {
      if (broken) return
      rest = rest.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.concat([rest, bytes])
      let at = 0
      for (let length = nextLength(at); length > 0; length = nextLength(at)) {
        const message = rest.subarray(at, at + length)
        at += length
        if (crc32(message.subarray(0, length - 4)) !== message.readUInt32BE(length - 4))
          return fail('an event was damaged on its way')
        onFrame(frameOf(message))
      }
      // A copy: the packet's memory is not ours to keep.
      if (!broken) rest = Buffer.from(rest.subarray(at))
    },
    end() {
      rest = Buffer.alloc(0)
    },
  }
}

function frameOf(message: Buffer): SseFrame {
  const headersEnd = preludeBytes + message.readUInt32BE(4)
  const headers = readHeaders(message.subarray(preludeBytes, headersEnd))
  const data = message.subarray(headersEnd, message.length - 4).toString('utf8')
  switch (headers.get(':message-type')) {
    case 'exception':
      return { event: exceptionMark + (headers.get(':exception-type') ?? ''), data }
    case 'error': {
      const text = { message: headers.get(':error-message') ?? 'an error' }
      return { event: exceptionMark + (headers.get(':error-code') ?? ''), data: JSON.stringify(text) }
    }
    default:
      return { event: headers.get(':event-type') ?? '', data }
  }
}

/** Bytes of a value by its type; those of texts and byte arrays stand before them. */
const sizes: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]
const textType = 7

/** The headers that are texts; the others have no meaning to us. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const name = bytes.toString('utf8', at + 1, nameEnd)
    const type = bytes[nameEnd] ?? -1
    const size = sizes[type]
    if (size === undefined) return found
    const valueAt = nameEnd + (size < 0 ? 3 : 1)
    const valueEnd = valueAt + (size < 0 ? bytes.readUInt16BE(nameEnd + 1) : size)
    if (type === textType) found.set(name, bytes.toString('utf8', valueAt, valueEnd))
    at = valueEnd
  }
  return found
}
