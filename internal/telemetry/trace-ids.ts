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
  /** The byte at this place of all words of the trace's id together by exclusive or. */
  const sumAt = (at: number): number =>
    (bytes[at] ?? 0) ^ (bytes[at + wordBytes] ?? 0) ^ (bytes[at + 2 * wordBytes] ?? 0) ^ (bytes[at + 3 * wordBytes] ?? 0)
  return {
    beginTrace() {
      draw(0)
      const sum = ((sumAt(0) << 24) | (sumAt(1) << 16) | (sumAt(2) << 8) | sumAt(3)) >>> 0
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
