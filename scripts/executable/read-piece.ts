import { fstatSync, openSync, readSync } from 'node:fs'
import { getRawAsset } from 'node:sea'

/** At the end of the executable: where each file of `pieceFiles` lies in it, as JSON, padded to this length. */
export const indexLength = 1024

type Place = readonly [offset: number, length: number]

let opened: { readonly file: number; readonly places: ReadonlyMap<string, Place> } | undefined

/**
 * A file that lies in the executable. It is read from there and not looked at where the executable lies in memory: pages that were looked
 * at once would count as the process's memory ever after. Without an index (a tool that signs may cut it off) it is looked at.
 */
export function readPiece(name: string): Buffer {
  opened ??= open()
  const place = opened.places.get(name)
  if (place === undefined) return Buffer.from(getRawAsset(name))
  const bytes = Buffer.allocUnsafeSlow(place[1])
  for (let read = 0; read < bytes.length; ) {
    const more = readSync(opened.file, bytes, read, bytes.length - read, place[0] + read)
    if (more === 0) return Buffer.from(getRawAsset(name))
    read += more
  }
  return bytes
}

/** Kept open: the path may be another version's by the time that a late piece is wanted. */
function open(): NonNullable<typeof opened> {
  try {
    const file = openSync(process.platform === 'linux' ? '/proc/self/exe' : process.execPath, 'r')
    const index = Buffer.alloc(indexLength)
    readSync(file, index, 0, indexLength, fstatSync(file).size - indexLength)
    return { file, places: readIndex(index.toString('latin1')) }
  } catch {
    // Where it cannot be read it can be looked at.
    return { file: -1, places: new Map() }
  }
}

const begins = 'outrigger-pieces:'

export function writeIndex(places: ReadonlyMap<string, Place>): string {
  return `${begins}${JSON.stringify([...places])}`.padEnd(indexLength)
}

function readIndex(text: string): ReadonlyMap<string, Place> {
  const parsed: readonly (readonly [string, Place])[] = text.startsWith(begins) ? JSON.parse(text.slice(begins.length)) : []
  return new Map(parsed)
}
