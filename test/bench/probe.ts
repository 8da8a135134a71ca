import { join } from 'node:path'
import { asNumber, asObject, parseJson } from '#lib/json.ts'
import type { Bench } from './bench.ts'
import type { Target } from './load.ts'

/** What a patient caller met while something else happened. */
export type Met = {
  readonly longestMs: number
  readonly answers: number
  readonly failed: number
}

const program = join(import.meta.dirname, 'programs/probe.ts')

/** Asks again and again, from a process of its own on the second core, while something happens. */
export async function probeDuring(bench: Bench, { url, headers, body }: Target, happens: () => Promise<void>): Promise<Met> {
  const lines: string[] = []
  let tellBegun = (): void => {}
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve
  })
  const running = bench.run({
    core: '1',
    command: process.execPath,
    args: [program, '--url', url, '--body', body, '--headers', JSON.stringify(headers)],
    onLine: (line) => {
      lines.push(line)
      tellBegun()
    },
  })
  const closed = new Promise<void>((resolve) => running.process.once('close', () => resolve()))
  await Promise.race([begun, closed])
  await happens()
  running.process.kill('SIGTERM')
  await closed
  const parsed = parseJson(lines[1] ?? '')
  if (!parsed.ok) throw new Error(`the probe said: ${lines.join(' ')} ${running.complaints()}`)
  const figures = asObject(parsed.value)
  const of = (name: string): number => asNumber(figures[name]) ?? Number.NaN
  return { longestMs: of('longestMs'), answers: of('answers'), failed: of('failed') }
}
