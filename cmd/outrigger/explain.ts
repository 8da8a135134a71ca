import { loadFile } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { createHealth } from '#health/registry.ts'
import { asArray, asObject, parseJson } from '#lib/json.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { explainJson, explainLines } from '#routing/explain.ts'
import { makePlan } from '#routing/plan.ts'
import type { PlanContext } from '#routing/plan-context.ts'
import { inputOfShape, readShape } from '#routing/shape.ts'
import { adminFetch } from './admin-fetch.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type ExplainOptions = {
  readonly config: string
  readonly model: string
  readonly tier?: string
  readonly priority?: string
  readonly tag: readonly string[]
  readonly maxCost?: string
  readonly inputTokens?: string
  readonly outputTokens?: string
  readonly needs?: string
  /** `name: value`. */
  readonly header: readonly string[]
  readonly client?: string
  readonly user?: string
  readonly stream: boolean
  /** A running relay to ask, with its live health. */
  readonly admin?: string
  readonly json: boolean
}

/** `outrigger explain`: the plan that a request would get, by the code that plans real ones. */
export async function explain(options: ExplainOptions): Promise<number> {
  const wire = {
    model: options.model,
    tier: options.tier,
    priority: options.priority,
    tags: options.tag,
    max_cost: numberOf(options.maxCost),
    input_tokens: numberOf(options.inputTokens),
    output_tokens: numberOf(options.outputTokens),
    needs: options.needs?.split(',').map((need) => need.trim()),
    headers: Object.fromEntries(options.header.map(headerOf)),
    client: options.client,
    user: options.user,
    stream: options.stream,
  }
  return options.admin === undefined ? await explainFile(options, wire) : await explainLive(options.admin, wire, options.json)
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text.trim(), ''] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

async function explainFile(options: ExplainOptions, wire: unknown): Promise<number> {
  const loaded = loadFile({ path: options.config })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const shape = readShape(wire)
  if (!shape.ok) {
    complain(shape.error)
    return exitCodes.usage
  }
  const { config } = loaded.value
  const prices = createPrices(() => config)
  await prices.load()
  const health = createHealth(config, { random: Math.random })
  const context: PlanContext = {
    snapshot: health.snapshot(0),
    nowMs: 0,
    wallNowMs: Date.now(),
    random: Math.random,
    offerOf: prices.offerOf,
  }
  const planned = makePlan(inputOfShape(shape.value), config, context)
  if (options.json) print(JSON.stringify(explainJson(planned, context), null, 2))
  else for (const line of explainLines(planned, context)) print(line)
  return planned.ok ? exitCodes.ok : exitCodes.failed
}

async function explainLive(admin: string, wire: unknown, json: boolean): Promise<number> {
  const answer = await adminFetch(admin, '/explain', { body: JSON.stringify(wire) })
  if (!answer.ok) {
    complain(answer.error)
    return exitCodes.failed
  }
  const parsed = parseJson(answer.value)
  const { lines, ...plan } = asObject(parsed.ok ? parsed.value : {})
  if (json) print(JSON.stringify(plan, null, 2))
  else for (const line of asArray(lines)) print(String(line))
  return plan['error'] === undefined ? exitCodes.ok : exitCodes.failed
}
