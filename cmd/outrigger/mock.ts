import { readFileSync } from 'node:fs'
import { dialects } from '#dialect/registry.ts'
import { parseFaultPlan } from '#mock/fault-plan.ts'
import { createMock } from '#mock/mock.ts'
import { exitCodes } from './exit.ts'
import { onceStopped } from './signals.ts'
import { complain, print } from './terminal.ts'

/** `outrigger mock`: one mock provider that speaks all dialects. */
export async function mock(options: { readonly listen: string; readonly faults?: string }): Promise<number> {
  const read = options.faults === undefined ? undefined : parseFaultPlan(readFileSync(options.faults, 'utf8'))
  if (read?.ok === false) {
    for (const problem of read.error) complain(`${options.faults}: ${problem}`)
    return exitCodes.failed
  }
  const running = await createMock({
    providers: [{ name: 'mock', dialects, listen: options.listen }],
    ...(read === undefined ? {} : { plan: read.value }),
  })
  print(`mock providers at ${running.providers[0]?.url} (all dialects; PUT /__mock/faults changes what goes wrong)`)
  await onceStopped()
  await running.close()
  return exitCodes.ok
}
