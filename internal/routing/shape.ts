import { type Need, needWords } from '#canonical/needs.ts'
import type { Hints, PlanInput } from '#canonical/plan.ts'
import type { Part, Request } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** The shape of a request, as `outrigger explain` and `/explain` take it: what routing looks at, without content. */
export type Shape = {
  readonly model: string
  readonly tier?: string
  readonly priority?: string
  /** `a` and `k=v`. */
  readonly tags?: readonly string[]
  readonly maxCostUsd?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** What it needs of a model: `tools`, `vision`, … */
  readonly needs?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** The name of a virtual key. */
  readonly client?: string
  /** Who the request says that it is for. */
  readonly user?: string
  readonly stream?: boolean
}

/** A shape from JSON, its fields in snake_case. The error is a sentence. */
export function readShape(value: unknown): Result<Shape, string> {
  const given = asObject(value)
  const model = asString(given['model'])
  if (model === undefined || model === '') return err('`model` is missing')
  const priority = asString(given['priority'])
  if (priority !== undefined && !['low', 'normal', 'high'].includes(priority))
    return err('`priority` must be low, normal or high')
  const unknown = asArray(given['needs']).find((need) => !needWords.some((word) => word === need))
  if (unknown !== undefined) return err(`\`needs\` has ${JSON.stringify(unknown)}; known: ${needWords.join(', ')}`)
  const texts = (name: string): readonly string[] => asArray(given[name]).map(String)
  const number = (name: string, as: 'maxCostUsd' | 'inputTokens' | 'outputTokens'): Partial<Shape> => {
    const found = asNumber(given[name])
    return found === undefined ? {} : { [as]: found }
  }
  for (const name of ['max_cost', 'input_tokens', 'output_tokens'])
    if (given[name] !== undefined && !((asNumber(given[name]) ?? -1) >= 0)) return err(`\`${name}\` must be a number`)
  const word = (name: 'tier' | 'client' | 'user'): Partial<Shape> => {
    const found = asString(given[name])
    return found === undefined ? {} : { [name]: found }
  }
  const headers = Object.fromEntries(
    Object.entries(asObject(given['headers'])).map(([name, header]) => [name.toLowerCase(), String(header)]),
  )
  return ok({
    model,
    tags: texts('tags'),
    needs: texts('needs'),
    headers,
    stream: given['stream'] === true,
    ...word('tier'),
    ...word('client'),
    ...word('user'),
    ...(priority === undefined ? {} : { priority }),
    ...number('max_cost', 'maxCostUsd'),
    ...number('input_tokens', 'inputTokens'),
    ...number('output_tokens', 'outputTokens'),
  })
}

// What `estimateInput` makes of this many characters is this many tokens.
const charactersPerToken = 3.7

// More than any model takes. A shape may come from a log or a caller with any number in it, and its text is made.
const mostTokens = 20_000_000

const stuff = { kind: 'url', url: 'https://example.com/file' } as const

/** A request of that shape, for the same code that plans real ones. */
export function inputOfShape(shape: Shape): PlanInput {
  const needs = (need: Need): boolean => shape.needs?.includes(need) === true
  const parts: Part[] = [{ kind: 'text', text: 'x'.repeat(charactersOf(shape.inputTokens ?? 0)) }]
  if (needs('vision')) parts.push({ kind: 'image', source: stuff })
  if (needs('audio')) parts.push({ kind: 'audio', source: stuff })
  if (needs('files')) parts.push({ kind: 'file', source: stuff })
  const request: Request = {
    dialect: 'openai-chat',
    model: shape.model,
    stream: shape.stream === true,
    ...(shape.user === undefined ? {} : { endUser: shape.user }),
    messages: [{ role: 'user', parts }],
    tools: needs('tools') ? [{ kind: 'function', name: 'example' }] : [],
    params: shape.outputTokens === undefined ? {} : { maxOutput: shape.outputTokens },
    output: { format: needs('json_schema') ? 'json_schema' : 'text' },
    ...(needs('reasoning') ? { reasoning: { effort: 'medium' } } : {}),
    ext: {},
    raw: { model: shape.model },
  }
  return { request, hints: hintsOf(shape) }
}

function charactersOf(tokens: number): number {
  return Math.round(Math.min(Math.max(tokens, 0), mostTokens) * charactersPerToken)
}

function hintsOf(shape: Shape): Hints {
  const priority = shape.priority === 'low' || shape.priority === 'high' ? shape.priority : 'normal'
  const tags = Object.fromEntries(
    (shape.tags ?? []).map((tag) => [tag.split('=', 1)[0] ?? '', tag.includes('=') ? tag.slice(tag.indexOf('=') + 1) : 'true']),
  )
  return {
    priority,
    tags,
    cacheOff: false,
    headers: shape.headers ?? {},
    ...(shape.tier === undefined ? {} : { tier: shape.tier }),
    ...(shape.client === undefined ? {} : { client: shape.client }),
    ...(shape.maxCostUsd === undefined ? {} : { maxCostUsd: shape.maxCostUsd }),
  }
}
