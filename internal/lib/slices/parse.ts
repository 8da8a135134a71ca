import { deepest, parseJson, tooDeep } from '../json.ts'
import { err, ok, type Result } from '../result.ts'
import { createScan } from './scan.ts'
import { sliceBytes, type Turn } from './turn.ts'

/**
 * `parseJson` of a large text, with a turn for others after every slice of it; undefined when nobody wants the value any more.
 * `slice`: how many bytes are read in one turn.
 */
export async function parseInSlices(bytes: Buffer, turn: Turn, slice = sliceBytes): Promise<Result<unknown, string> | undefined> {
  const scan = createScan(bytes, slice)
  for (let until = 0; until < bytes.length; ) {
    until = Math.min(until + slice, bytes.length)
    const isJson = attempt(() => scan.readTo(until))
    if (scan.depth() > deepest) return err(tooDeep)
    // Only the parser itself knows what it would say of the whole.
    if (!isJson.ok) return parseJson(bytes.toString('utf8'))
    if (!(await turn())) return undefined
  }
  const value = attempt(scan.end)
  return value.ok ? value : parseJson(bytes.toString('utf8'))
}

function attempt<T>(read: () => T): Result<T, SyntaxError> {
  try {
    return ok(read())
  } catch (error) {
    if (error instanceof SyntaxError) return err(error)
    throw error
  }
}
