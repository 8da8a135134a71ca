import { promisify } from 'node:util'
import {
  type BrotliOptions,
  brotliDecompress,
  gunzip,
  inflate,
  type ZlibOptions,
  type ZstdOptions,
  zstdDecompress,
} from 'node:zlib'

/** Unfolds a compressed body off the event loop; throws a RangeError when it becomes larger than allowed. */
export type Unfold = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

// A client names the encoding: in an object, `constructor` would be found.
const unfolds: ReadonlyMap<string, Unfold> = new Map<string, Unfold>([
  ['gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, ZlibOptions, Buffer>(inflate)],
  ['br', promisify<Buffer, BrotliOptions, Buffer>(brotliDecompress)],
  ['zstd', promisify<Buffer, ZstdOptions, Buffer>(zstdDecompress)],
])

/** The encodings of request bodies that are read. */
export const bodyEncodings: readonly string[] = [...unfolds.keys()]

/** What unfolds a body of this `content-encoding`; undefined when it is not known. */
export function unfoldOf(encoding: string): Unfold | undefined {
  return unfolds.get(encoding.trim().toLowerCase())
}
