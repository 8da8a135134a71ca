import { readFileSync } from 'node:fs'
import { dialects } from '#dialect/registry.ts'
import { err } from '#lib/result.ts'
import { parseFaultPlan } from '#mock/fault-plan.ts'
import { createMock } from '#mock/mock.ts'
import { exitCodes } from './exit.ts'
import { onceStopped } from './signals.ts'
import { complain, print } from './terminal.ts'

/** `outrigger mock`: one mock provider that speaks all dialects. */
export async function mock(options: { readonly listen: string; readonly faults?: string }): Promise<number> {
  const read = options.faults === undefined ? undefined : readPlan(options.faults)
  if (read?.ok === false) {
    for (const problem of read.error) complain(`${options.faults}: ${problem}`)
    return exitCodes.failed
  }
  const running = await createMock({
    providers: [{ name: 'mock', dialects, listen: options.listen }],
    ...(read === undefined ? {} : { plan: read.value }),
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  if (running instanceof Error) {
    complain(`${options.listen}: ${running.message}; --listen names another address`)
    return exitCodes.listen
  }
  print(`mock providers at ${running.providers[0]?.url} (all dialects; PUT /__mock/faults changes what goes wrong)`)
  await onceStopped()
  await running.close()
  return exitCodes.ok
}

function readPlan(file: string): ReturnType<typeof parseFaultPlan> {
  try {
    return parseFaultPlan(readFileSync(file, 'utf8'))
  } catch (error) {
    return err([`it cannot be read: ${error instanceof Error ? error.message : String(error)}`])
  }
}
