import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** The lines of a file, `-` is standard input; the error's words when it cannot be read. */
export async function readLines(file: string): Promise<readonly string[] | string> {
  const lines: string[] = []
  try {
    const input = file === '-' ? process.stdin : createReadStream(file)
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) lines.push(line)
    return lines
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
