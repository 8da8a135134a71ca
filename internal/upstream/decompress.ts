import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'

/** Takes the bytes of a body as they come. */
export type BodySink = { readonly data: (bytes: Uint8Array) => void; readonly end: () => void }

// A provider names the encoding: in an object, `constructor` would be found.
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', () => createGunzip({ flush: constants.Z_SYNC_FLUSH })],
  ['x-gzip', () => createGunzip({ flush: constants.Z_SYNC_FLUSH })],
  ['deflate', () => createInflate({ flush: constants.Z_SYNC_FLUSH })],
  ['br', () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdDecompress({ flush: constants.ZSTD_e_flush })],
])

/**
 * A sink for a compressed body, which gives its bytes to `inner` as soon as they can be read. We never ask for compression,
 * but proxies before a provider compress all the same. A body in an encoding that is not known stays as it is.
 * `onFault`: the body is not what its header says.
 */
export function decompressing(encoding: string, inner: BodySink, onFault: (message: string) => void): BodySink {
  const decoder = decoders.get(encoding.trim().toLowerCase())?.()
  if (decoder === undefined) return inner
  decoder.on('data', (bytes: Buffer) => inner.data(bytes))
  decoder.on('end', () => inner.end())
  decoder.on('error', (error) => onFault(`the answer cannot be decompressed (${encoding}): ${error.message}`))
  return {
    data: (bytes) => void decoder.write(bytes),
    end: () => void decoder.end(),
  }
}
