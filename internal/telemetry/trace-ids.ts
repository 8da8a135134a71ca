/** Ids of traces and spans, in hexadecimal digits (W3C Trace Context, section 3.2.2). */
export type TraceIds = {
  /** A trace that begins here, its first span, and whether it is kept. */
  readonly beginTrace: () => { readonly traceId: string; readonly spanId: string; readonly isKept: boolean }
  readonly newSpanId: () => string
}

const traceBytes = 16
const spanBytes = 8
const wordBytes = 4
const words = 2 ** 32

/**
 * Keeps a share (0–1) of the traces: those for which OpenTelemetry's TraceIdRatioBased sampler would decide so, which services that sample by
 * the id agree upon. It takes the numbers that an id is written of, not the id: reading it again costs more than all else here.
 */
export function createTraceIds(share: number): TraceIds {
  const drawn = new Uint32Array((traceBytes + spanBytes) / wordBytes)
  const bytes = Buffer.from(drawn.buffer)
  const bound = Math.floor(share * (words - 1))
  const draw = (from: number): void => {
    for (let at = from / wordBytes; at < drawn.length; at++) drawn[at] = Math.random() * words
    // An id of zeros is none.
    if (drawn[0] === 0) bytes[0] = 1
    if (drawn[traceBytes / wordBytes] === 0) bytes[traceBytes] = 1
  }
  /** The word of the trace's id at this place, as its digits are read. */
  const wordAt = (place: number): number => bytes.readUInt32BE(place * wordBytes)
  return {
    beginTrace() {
      draw(0)
      const sum = (wordAt(0) ^ wordAt(1) ^ wordAt(2) ^ wordAt(3)) >>> 0
      // Each written by itself: a piece that is cut out of a text makes the texts that it becomes part of slower to write (lib/flat-text.ts).
      const traceId = bytes.toString('hex', 0, traceBytes)
      return { traceId, spanId: bytes.toString('hex', traceBytes), isKept: sum < bound }
    },
    newSpanId() {
      draw(traceBytes)
      return bytes.toString('hex', traceBytes)
    },
  }
}
