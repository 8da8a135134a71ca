import { largeBytes } from './turn.ts'

/** Puts a body together as it comes. */
export type Gathering = {
  readonly add: (chunk: Uint8Array) => void
  /** Bytes so far. */
  readonly size: () => number
  /** All of it. It is let go here. */
  readonly take: () => Buffer
}

/**
 * What is small is put together at its end; a large body at once, in as much room as it was announced to need: all of it at its end would
 * take a while. `announced`: bytes that are to come, 0 when nobody told. `most`: the room that is made without it.
 */
export function gather(announced: number, most: number): Gathering {
  let chunks: Uint8Array[] = []
  let large: Buffer | undefined
  let size = 0
  return {
    add(chunk) {
      const before = size
      size += chunk.length
      if (size < largeBytes) {
        chunks.push(chunk)
        return
      }
      if (large === undefined || size > large.length) {
        large = moved(large?.subarray(0, before) ?? Buffer.concat(chunks), Math.max(announced, Math.min(2 * size, most), size))
        chunks = []
      }
      large.set(chunk, before)
    },
    size: () => size,
    take() {
      const [first] = chunks
      const small = chunks.length === 1 && first !== undefined ? viewOf(first) : Buffer.concat(chunks)
      const whole = large?.subarray(0, size) ?? small
      chunks = []
      large = undefined
      return whole
    },
  }
}

function moved(bytes: Uint8Array, room: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(room)
  larger.set(bytes)
  return larger
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
