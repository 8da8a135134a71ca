import { asArray, asCount, asNumber, asObject, asString, isObject, type JsonObject, parseJson } from '#lib/json.ts'
import type { Shape } from '#routing/shape.ts'

/** What an access line tells of a request: what was asked, who answered, and what it came to. */
export type Logged = {
  /** When it ended, in milliseconds since the epoch; 0 where the line does not tell. */
  readonly atMs: number
  readonly shape: Shape
  readonly client: string | undefined
  readonly target: string | undefined
  readonly ok: boolean
  readonly usage:
    | { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number }
    | undefined
  readonly costUsd: number | undefined
  /** To the first token of a stream, else to the answer. */
  readonly waitMs: number | undefined
  readonly attempts: readonly { readonly target: string; readonly ok: boolean }[]
}

/** The requests of a log in JSON lines; `skipped` counts access lines that name no model (written by an older version). */
export type ReadLog = { readonly requests: readonly Logged[]; readonly skipped: number }

export function readLog(lines: Iterable<string>): ReadLog {
  const requests: Logged[] = []
  let skipped = 0
  for (const line of lines) {
    // Most lines of a log are access lines; the others are passed over without being parsed.
    if (!line.includes('"request finished"')) continue
    const parsed = parseJson(line)
    if (!parsed.ok || !isObject(parsed.value)) continue
    const logged = readLine(parsed.value)
    if (logged === undefined) skipped++
    else requests.push(logged)
  }
  return { requests, skipped }
}

function readLine(line: JsonObject): Logged | undefined {
  const model = asString(line['model'])
  if (model === undefined) return undefined
  const input = asCount(line['input_tokens'])
  const output = asCount(line['output_tokens'])
  const known = input !== undefined || output !== undefined
  const usage = known
    ? {
        input: input ?? 0,
        output: output ?? 0,
        cacheRead: asCount(line['cache_read_tokens']) ?? 0,
        cacheWrite: asCount(line['cache_write_tokens']) ?? 0,
      }
    : undefined
  const outcome = asString(line['outcome'])
  return {
    atMs: Date.parse(asString(line['time']) ?? '') || 0,
    shape: shapeOf(line, model, { input: input ?? asCount(line['estimated_input_tokens']), output }),
    client: asString(line['client']),
    target: asString(line['target']),
    ok: outcome === 'ok' || outcome === 'recovered',
    usage,
    costUsd: asNumber(line['cost_usd']),
    waitMs: asNumber(line['first_token_ms']) ?? asNumber(line['duration_ms']),
    attempts: asArray(line['attempts'])
      .map(asObject)
      .map((attempt) => ({ target: asString(attempt['target']) ?? '', ok: attempt['outcome'] === 'ok' })),
  }
}

function shapeOf(
  line: JsonObject,
  model: string,
  tokens: { readonly input: number | undefined; readonly output: number | undefined },
): Shape {
  const tier = asString(line['tier'])
  const priority = asString(line['priority'])
  const maxCostUsd = asNumber(line['max_cost_usd'])
  return {
    model,
    tags: Object.entries(asObject(line['tags'])).map(([name, value]) => `${name}=${String(value)}`),
    needs: asArray(line['needs']).map(String),
    ...(tier === undefined ? {} : { tier }),
    ...(priority === undefined ? {} : { priority }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(tokens.input === undefined ? {} : { inputTokens: tokens.input }),
    ...(tokens.output === undefined ? {} : { outputTokens: tokens.output }),
  }
}
