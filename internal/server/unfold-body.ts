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

// A client names the encoding: in an object, `constructor` would be found. Node's module is read when the first compressed body comes.
const unfolds: ReadonlyMap<string, Unfold> = new Map<string, Unfold>([
  ['gzip', (bytes, options) => promisify<Buffer, ZlibOptions, Buffer>(gunzip)(bytes, options)],
  ['deflate', (bytes, options) => promisify<Buffer, ZlibOptions, Buffer>(inflate)(bytes, options)],
  ['br', (bytes, options) => promisify<Buffer, BrotliOptions, Buffer>(brotliDecompress)(bytes, options)],
  ['zstd', (bytes, options) => promisify<Buffer, ZstdOptions, Buffer>(zstdDecompress)(bytes, options)],
])

/** The encodings of request bodies that are read. */
export const bodyEncodings: readonly string[] = [...unfolds.keys()]

/** What unfolds a body of this `content-encoding`; undefined when it is not known. */
export function unfoldOf(encoding: string): Unfold | undefined {
  return unfolds.get(encoding.trim().toLowerCase())
}
