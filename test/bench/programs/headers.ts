import { asObject, asString, parseJson } from '#lib/json.ts'

/** The headers of a JSON request, with those that the command line gave as a JSON object. */
export function headersOf(text: string): Record<string, string> {
  const parsed = parseJson(text)
  if (!parsed.ok) throw new Error(`--headers is not JSON: ${parsed.error}`)
  const given = Object.entries(asObject(parsed.value)).map(([name, value]) => [name, asString(value) ?? ''])
  return Object.fromEntries([['content-type', 'application/json'], ...given])
}
