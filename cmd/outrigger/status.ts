import { asArray, asNumber, asObject, asString, parseJson } from '#lib/json.ts'
import { adminFetch } from './admin-fetch.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

/** `outrigger status`: a table of the targets of a running relay. */
export async function status(options: { readonly admin: string; readonly json: boolean }): Promise<number> {
  const answer = await adminFetch(options.admin, '/status')
  const parsed = answer.ok ? parseJson(answer.value) : answer
  if (!answer.ok || !parsed.ok) {
    complain(answer.ok ? 'the answer is not JSON' : answer.error)
    return exitCodes.failed
  }
  if (options.json) print(answer.value.trim())
  else for (const line of table(asObject(parsed.value))) print(line)
  return exitCodes.ok
}

function table(view: Readonly<Record<string, unknown>>): readonly string[] {
  const targets = asArray(view['targets']).map(asObject)
  const rows = targets.map((target) => {
    const latency = asObject(target['latency_ms'])
    return [
      asString(target['target']) ?? '',
      asString(target['breaker']) ?? '',
      `${((asNumber(target['error_ratio']) ?? 0) * 100).toFixed(1)} %`,
      String(asNumber(target['samples']) ?? 0),
      `${(asNumber(latency['p50']) ?? 0).toFixed(0)} ms`,
      `${(asNumber(latency['p99']) ?? 0).toFixed(0)} ms`,
      String(asNumber(target['in_flight']) ?? 0),
    ]
  })
  const head = ['target', 'breaker', 'errors', 'requests', 'p50', 'p99', 'in flight']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    `${asString(view['state'])}, version ${asString(view['version'])}, ${String(view['in_flight'])} requests under way`,
    line(head),
    ...rows.map(line),
  ]
}
