import type { Config, ModelRoute } from '#config/config.ts'
import { loadFile } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { dialects } from '#dialect/registry.ts'
import { drill } from '#drill/drill.ts'
import { type DrillFault, drillFaults } from '#drill/faults.ts'
import { reportLines } from '#drill/report.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { parseDuration } from './duration.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type DrillFlags = {
  readonly config: string
  readonly route: readonly string[]
  readonly fault: readonly string[]
  readonly dialect: string
  readonly timeout: string
  readonly speed: string
  readonly untold: boolean
  readonly json: boolean
}

// Enough to hide the waits of one request behind others, few enough that the machine keeps pace with the faster clock.
const parallel = 12

/** `outrigger drill`: every fault at every route of the file, on mock providers; exit code 0 when all ends as it should. */
export async function runDrill(flags: DrillFlags): Promise<number> {
  const loaded = loadFile({ path: flags.config })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const { config } = loaded.value
  const dialect = dialects.find(({ name }) => name === flags.dialect)
  const timeoutMs = parseDuration(flags.timeout)
  const speed = Number(flags.speed)
  const routes = pick('--route', flags.route, config.models, ({ name }) => name)
  const faults = pick('--fault', flags.fault, drillFaults, ({ name }) => name)
  if (dialect === undefined) complain(`--dialect: ${flags.dialect} is none of ${dialects.map(({ name }) => name).join(', ')}`)
  if (timeoutMs === undefined) complain(`--timeout: ${flags.timeout} is no duration such as 60s`)
  if (!(speed >= 1 && speed <= 100)) complain(`--speed: ${flags.speed} is no number from 1 to 100`)
  if (dialect === undefined || timeoutMs === undefined || routes === undefined || faults === undefined) return exitCodes.usage
  if (!(speed >= 1 && speed <= 100)) return exitCodes.usage
  return await run({ config, routes, faults, dialect, timeoutMs, speed, told: !flags.untold }, flags.json)
}

type Drilled = {
  readonly config: Config
  readonly routes: readonly ModelRoute[]
  readonly faults: readonly DrillFault[]
  readonly dialect: (typeof dialects)[number]
  readonly timeoutMs: number
  readonly speed: number
  readonly told: boolean
}

async function run(drilled: Drilled, json: boolean): Promise<number> {
  const prices = createPrices(() => drilled.config)
  await prices.load()
  const results = await drill({ ...drilled, prices, parallel })
  const passed = results.every(({ expected }) => expected)
  if (json) print(JSON.stringify({ passed, results }, null, 2))
  else for (const line of reportLines(drilled.routes, results)) print(line)
  return passed ? exitCodes.ok : exitCodes.failed
}

/** Those that were named, or all; undefined when a name is none of them. */
function pick<Item>(
  flag: string,
  names: readonly string[],
  items: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Item[] | undefined {
  const known = items.map(nameOf)
  const strangers = names.filter((name) => !known.includes(name))
  for (const stranger of strangers) complain(`${flag}: ${stranger} is none of ${known.join(', ')}`)
  if (strangers.length > 0) return undefined
  return names.length === 0 ? items : items.filter((item) => names.includes(nameOf(item)))
}
