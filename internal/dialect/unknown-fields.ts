import type { Loss } from '#canonical/loss.ts'
import type { Request } from '#canonical/request.ts'
import { isObject } from '#lib/json.ts'

/** Without these fields of one dialect the answer would be another one than was asked for. */
const meaningful: ReadonlySet<string> = new Set(['audio', 'grammar', 'guided_json', 'json_schema', 'container'])

/** Tools that run at the vendor, though not in the list of tools: they may be missing where there are others. */
const hosted: ReadonlySet<string> = new Set(['web_search_options', 'mcp_servers'])

/** What it means when a field that only the client's dialect has cannot be sent on. */
export function lossOfField(field: string, { tools }: Request, reason = 'it has no counterpart'): Loss {
  const others = tools.some(({ kind }) => kind !== 'builtin')
  const refused = meaningful.has(field) || (hosted.has(field) && !others)
  return { field, severity: refused ? 'refuse' : 'drop', reason }
}

/** All such fields, none of which can be sent on; a client of the same dialect loses none. */
export function lossesOfFields(request: Request, dialect: Request['dialect']): readonly Loss[] {
  return request.dialect === dialect ? [] : fieldsOf(request.ext).map((field) => lossOfField(field, request))
}

/** Of `reasoning` only what is left over is lost: it is named by its own name. */
function fieldsOf(ext: Request['ext']): readonly string[] {
  return Object.entries(ext).flatMap(([field, value]) =>
    field === 'reasoning' && isObject(value) ? Object.keys(value).map((name) => `${field}.${name}`) : [field],
  )
}
