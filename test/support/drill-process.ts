import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { DrillResult } from '#drill/drill.ts'
import { asArray, asBoolean, asNumber, asObject, asString, parseJson } from '#lib/json.ts'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')

export type DrillRun = {
  readonly code: number
  readonly passed: boolean
  readonly results: readonly Pick<DrillResult, 'fault' | 'form' | 'verdict' | 'expected' | 'attempts'>[]
  /** Standard output and error. */
  readonly output: string
}

/** Runs `outrigger drill --json` as users do, with no key in its environment. */
export function drillOf(config: string, flags: readonly string[]): Promise<DrillRun> {
  return new Promise((resolve) => {
    const args = [main, 'drill', '-c', config, '--json', ...flags]
    const child = execFile(process.execPath, args, { env: { PATH: process.env['PATH'] } }, (_error, stdout, stderr) => {
      const parsed = parseJson(stdout)
      const body = parsed.ok ? asObject(parsed.value) : {}
      resolve({
        code: child.exitCode ?? -1,
        passed: asBoolean(body['passed']) ?? false,
        results: asArray(body['results']).map(asObject).flatMap(resultOf),
        output: stdout + stderr,
      })
    })
  })
}

const verdicts = ['rescued', 'clean_error', 'truncated', 'hung', 'garbled'] as const

function resultOf(entry: Readonly<Record<string, unknown>>): DrillRun['results'] {
  const verdict = verdicts.find((word) => word === entry['verdict'])
  const form = (['stream', 'whole'] as const).find((word) => word === entry['form'])
  if (verdict === undefined || form === undefined) return []
  return [
    {
      verdict,
      form,
      fault: asString(entry['fault']) ?? '',
      expected: asBoolean(entry['expected']) ?? false,
      attempts: asNumber(entry['attempts']) ?? 0,
    },
  ]
}
