import type { ModelRoute } from '#config/config.ts'
import { type DrillResult, forms } from './drill.ts'
import { drillFaults } from './faults.ts'
import { type Verdict, verdicts } from './verdict.ts'

/** The results of a drill as lines for people: a table for each route, and the sum. */
export function reportLines(routes: readonly ModelRoute[], results: readonly DrillResult[]): readonly string[] {
  return [
    ...routes.flatMap((route) =>
      routeLines(
        route,
        results.filter((one) => one.route === route.name),
      ),
    ),
    ...sumLines(results),
  ]
}

function routeLines(route: ModelRoute, results: readonly DrillResult[]): readonly string[] {
  const faults = [...new Set(results.map(({ fault }) => fault))]
  const width = Math.max(...faults.map((fault) => fault.length), 0) + 2
  const cells = (fault: string): readonly string[] =>
    forms.map((form) => cellOf(results.find((one) => one.fault === fault && one.form === form)))
  const first = Math.max(...faults.map((fault) => cells(fault)[0]?.length ?? 0), forms[0]?.length ?? 0) + 2
  const line = (fault: string, [stream = '', whole = '']: readonly string[]): string =>
    `  ${fault.padEnd(width)}${stream.padEnd(first)}${whole}`.trimEnd()
  return [
    `${route.name} (${route.strategy}: ${route.targets.map(({ id }) => id).join(', ')})`,
    line(
      '',
      forms.map((form) => ` ${form}`),
    ),
    ...faults.map((fault) => line(fault, cells(fault))),
    ...results.filter(({ expected }) => !expected).map(unexpectedLine),
    '',
  ]
}

const words: Readonly<Record<Verdict, string>> = {
  rescued: 'rescued',
  clean_error: 'clean error',
  truncated: 'truncated',
  hung: 'hung',
  garbled: 'garbled',
}

function cellOf(result: DrillResult | undefined): string {
  if (result === undefined) return ' -'
  const { fault, verdict, expected, durationMs, attempts } = result
  const word = fault === 'none' && verdict === 'rescued' ? 'answered' : words[verdict]
  return `${expected ? ' ' : '!'}${word}, ${(durationMs / 1000).toFixed(1)} s, ${attempts}×`
}

function unexpectedLine({ fault, form, verdict, error }: DrillResult): string {
  const meaning = drillFaults.find(({ name }) => name === fault)?.meaning ?? 'no fault at all'
  return `  ! ${fault}, ${form}: ${meaning}: ${words[verdict]}${error === undefined ? '' : `: ${error}`}`
}

function sumLines(results: readonly DrillResult[]): readonly string[] {
  const counts = verdicts.map((verdict) => [verdict, results.filter((one) => one.verdict === verdict).length] as const)
  const told = counts.filter(([, count]) => count > 0).map(([verdict, count]) => `${count} ${words[verdict]}`)
  const wrong = results.filter(({ expected }) => !expected).length
  const sum = `${results.length} requests: ${told.join(', ')}`
  return [wrong === 0 ? `${sum}; all as they should be` : `${sum}; ${wrong} not as they should be (marked with !)`]
}
