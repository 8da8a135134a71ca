import type { Usage } from '#canonical/answer.ts'
import type { AttemptEnded, RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { Metrics } from './metrics.ts'

/**
 * Counts what ends until somebody looks. prom-client finds a series anew by all its labels at each call, and a request touches a dozen;
 * here those that ended alike share one entry, which is told to prom-client before a scrape.
 */
export type Gathered = {
  readonly attempt: (event: AttemptEnded) => void
  readonly request: (event: RequestEnded) => void
  /** Tells everything to prom-client. */
  readonly flush: () => void
}

type Attempts = {
  readonly target: string
  readonly outcome: AttemptEnded['outcome']
  count: number
  readonly tokens: Record<TokenType, number>
  hasUsage: boolean
  readonly firstTokenMs: number[]
}

type TokenType = keyof typeof tokenTypes

/** The label of each count; input and output are told also when they are 0. */
const tokenTypes = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  reasoning: 'reasoning',
} as const satisfies Partial<Record<keyof Usage, string>>

type Requests = {
  /** The first of them: they share its labels. */
  readonly like: RequestEnded
  count: number
  costUsd: number | undefined
  savedUsd: number
  extraUsd: number
  promptCacheSavedUsd: number
  promptCacheExtraUsd: number
  readonly durationMs: number[]
  readonly overheadMs: number[]
}

// Times are kept one by one until they are told; with so many waiting they are told without a scrape.
const mostGathered = 512

export function gatherCounts(metrics: Metrics): Gathered {
  // Few end in different ways, most as the one before them: to look through them is quicker than to put a key together.
  let attempts: Attempts[] = []
  let requests: Requests[] = []
  let gathered = 0

  const attemptsOf = ({ target, outcome }: AttemptEnded): Attempts => {
    const label = labelOf(target)
    const known = attempts.find((entry) => entry.target === label && entry.outcome === outcome)
    if (known !== undefined) return known
    const made = openAttempts(label, outcome)
    attempts.push(made)
    return made
  }
  const requestsOf = (event: RequestEnded): Requests => {
    const known = requests.find(({ like }) => isAlike(like, event))
    if (known !== undefined) return known
    const made = openRequests(event)
    requests.push(made)
    return made
  }
  const flush = (): void => {
    for (const entry of attempts) tellAttempts(metrics, entry)
    for (const entry of requests) tellRequests(metrics, entry)
    attempts = []
    requests = []
    gathered = 0
  }
  const noteOne = (): void => {
    if (++gathered >= mostGathered) flush()
  }
  return {
    attempt(event) {
      const entry = attemptsOf(event)
      entry.count++
      if (event.firstTokenMs !== undefined) entry.firstTokenMs.push(event.firstTokenMs)
      if (event.usage !== undefined) addTokens(entry, event.usage)
      noteOne()
    },
    request(event) {
      addRequest(requestsOf(event), event)
      noteOne()
    },
    flush,
  }
}

/** Whether both are counted under the same labels. */
function isAlike(one: RequestEnded, other: RequestEnded): boolean {
  return (
    one.route === other.route &&
    one.outcome === other.outcome &&
    one.status === other.status &&
    one.dialect === other.dialect &&
    one.streamOutcome === other.streamOutcome &&
    one.cache === other.cache &&
    (one.target === other.target ||
      (one.target !== undefined && other.target !== undefined && labelOf(one.target) === labelOf(other.target)))
  )
}

/** Models that clients name are unbounded: their targets share a label. */
export function labelOf({ label, id }: Target): string {
  return label ?? id
}

function openAttempts(target: string, outcome: AttemptEnded['outcome']): Attempts {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  return { target, outcome, count: 0, tokens, hasUsage: false, firstTokenMs: [] }
}

function addTokens(entry: Attempts, usage: Usage): void {
  const { tokens } = entry
  entry.hasUsage = true
  tokens.input += usage.input
  tokens.output += usage.output
  tokens.cacheRead += usage.cacheRead
  tokens.cacheWrite += usage.cacheWrite
  tokens.reasoning += usage.reasoning
}

function tellAttempts(metrics: Metrics, { target, outcome, count, tokens, hasUsage, firstTokenMs }: Attempts): void {
  metrics.attempts.inc({ target, outcome }, count)
  const ofTarget = { target }
  for (const ms of firstTokenMs) metrics.timeToFirstToken.observe(ofTarget, ms / 1000)
  if (!hasUsage) return
  metrics.tokens.inc({ target, type: tokenTypes.input }, tokens.input)
  metrics.tokens.inc({ target, type: tokenTypes.output }, tokens.output)
  for (const type of ['cacheRead', 'cacheWrite', 'reasoning'] as const)
    if (tokens[type] > 0) metrics.tokens.inc({ target, type: tokenTypes[type] }, tokens[type])
}

function openRequests(like: RequestEnded): Requests {
  // What was asked for must not be kept.
  const { asked: _asked, attempts: _attempts, ...rest } = like
  return {
    like: { ...rest, attempts: [] },
    count: 0,
    costUsd: undefined,
    savedUsd: 0,
    extraUsd: 0,
    promptCacheSavedUsd: 0,
    promptCacheExtraUsd: 0,
    durationMs: [],
    overheadMs: [],
  }
}

function addRequest(entry: Requests, event: RequestEnded): void {
  const { savedUsd = 0, promptCacheSavedUsd = 0, costUsd } = event
  entry.count++
  entry.durationMs.push(event.durationMs)
  entry.overheadMs.push(event.overheadMs)
  if (costUsd !== undefined) entry.costUsd = (entry.costUsd ?? 0) + costUsd
  if (savedUsd > 0) entry.savedUsd += savedUsd
  else entry.extraUsd -= savedUsd
  if (promptCacheSavedUsd > 0) entry.promptCacheSavedUsd += promptCacheSavedUsd
  else entry.promptCacheExtraUsd -= promptCacheSavedUsd
}

const noLabels = {}

function tellRequests(metrics: Metrics, entry: Requests): void {
  const { route, dialect, outcome, status, cache, streamOutcome } = entry.like
  const target = entry.like.target === undefined ? '' : labelOf(entry.like.target)
  metrics.requests.inc({ route, dialect, target, outcome, status: String(status) }, entry.count)
  const ofRoute = { route, outcome }
  for (const ms of entry.durationMs) metrics.requestDuration.observe(ofRoute, ms / 1000)
  for (const ms of entry.overheadMs) metrics.overhead.observe(noLabels, ms / 1000)
  if (cache !== undefined) metrics.cacheRequests.inc({ result: cache }, entry.count)
  if (streamOutcome !== undefined) metrics.streamOutcomes.inc({ dialect, target, outcome: streamOutcome }, entry.count)
  if (entry.promptCacheSavedUsd > 0) metrics.promptCacheSaved.inc({ target }, entry.promptCacheSavedUsd)
  if (entry.promptCacheExtraUsd > 0) metrics.promptCacheExtra.inc({ target }, entry.promptCacheExtraUsd)
  if (entry.costUsd !== undefined) metrics.cost.inc({ route, target }, entry.costUsd)
  if (entry.savedUsd > 0) metrics.saved.inc({ route }, entry.savedUsd)
  if (entry.extraUsd > 0) metrics.extraCost.inc({ route }, entry.extraUsd)
}
