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
  const bytes = Buffer.alloc(traceBytes + spanBytes)
  const bound = Math.floor(share * (words - 1))
  /** Gives all words together by exclusive or. */
  const draw = (from: number, to: number): number => {
    let sum = 0
    for (let at = from; at < to; at += wordBytes) {
      const word = (Math.random() * words) >>> 0
      bytes.writeUInt32BE(word, at)
      sum = (sum ^ word) >>> 0
    }
    // An id of zeros is none.
    if (sum === 0) bytes[to - 1] = (bytes[to - 1] ?? 0) || 1
    return sum
  }
  return {
    beginTrace() {
      const sum = draw(0, traceBytes)
      draw(traceBytes, bytes.length)
      const ids = bytes.toString('hex')
      return { traceId: ids.slice(0, 2 * traceBytes), spanId: ids.slice(2 * traceBytes), isKept: sum < bound }
    },
    newSpanId() {
      draw(traceBytes, bytes.length)
      return bytes.toString('hex', traceBytes)
    },
  }
}
