import { type Aggregator, Counter, Gauge, Registry } from 'prom-client'
import { createHistogram, type QuickHistogram } from './histogram.ts'
import { collectNodeMetrics } from './node-metrics.ts'

/** Seconds; from what the relay itself takes to the longest answers. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const firstTokenBuckets = [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120]
const overheadBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** All metrics of the relay. Names and labels are a contract: docs/metrics.md is generated from here. */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics(version: string) {
  const registry = new Registry()
  const { counter, gauge, histogram, beforeScrape } = makersFor(registry)
  const metrics = {
    registry,
    beforeScrape,
    /** From now on Node's own metrics too; called once, after the port is open, since it takes a while. */
    collectNode: () => collectNodeMetrics(registry),
    requests: counter('requests_total', 'Requests of clients, by how they ended.', [
      'route',
      'dialect',
      'target',
      'outcome',
      'status',
    ]),
    requestDuration: histogram(
      'request_duration_seconds',
      'From a request\u2019s first byte to its answer\u2019s last.',
      ['route', 'outcome'],
      durationBuckets,
    ),
    overhead: histogram('overhead_seconds', 'Time inside the relay: waiting for nobody.', [], overheadBuckets),
    timeToFirstToken: histogram(
      'time_to_first_token_seconds',
      'From the call of a provider to its first content.',
      ['target'],
      firstTokenBuckets,
    ),
    attempts: counter('attempts_total', 'Requests to providers, by how they ended.', ['target', 'outcome']),
    failovers: counter('failovers_total', 'Moves of a request to another target.', ['route', 'from', 'to', 'reason']),
    retryBudgetExhausted: counter('retry_budget_exhausted_total', 'Retries that were not made, since too many had been.', []),
    breakerState: gauge('breaker_state', '0 closed, 1 half-open, 2 open.', ['target']),
    targetErrorRatio: gauge('target_error_ratio', 'Failed attempts among the last 100 of a target.', ['target']),
    targetLatency: gauge('target_latency_seconds', 'Latency of the last 100 attempts of a target.', ['target', 'quantile']),
    probeSuccess: gauge('probe_success', 'Whether the last probe of a provider succeeded.', ['provider'], 'min'),
    probeDuration: histogram('probe_duration_seconds', 'Duration of probes.', ['provider'], durationBuckets),
    tokens: counter('tokens_total', 'Tokens, as providers count them.', ['target', 'type']),
    streamOutcomes: counter('stream_outcomes_total', 'Streams, by how they ended for the client.', [
      'dialect',
      'target',
      'outcome',
    ]),
    ...moneyMetrics(counter),
    ...mirrorMetrics(counter, histogram),
    inFlight: gauge('in_flight', 'Requests under way.', [], 'sum'),
    queueDepth: gauge('queue_depth', 'Requests that wait for a place.', [], 'sum'),
    shed: counter('shed_total', 'Requests turned away to protect the relay.', ['reason']),
    ...cacheMetrics(counter, gauge, histogram),
    ...clientMetrics(registry),
    ...gatewayMetrics({ counter, gauge, histogram }),
    configReloads: counter('config_reloads_total', 'Reloads of the routing file.', ['result']),
    configLastReloadSuccessful: gauge('config_last_reload_successful', 'Whether the last reload was taken.', [], 'min'),
    alertsFiring: gauge('alerts_firing', 'Whether an alert is firing.', ['alert', 'target']),
    buildInfo: gauge('build_info', 'The version that runs.', ['version']),
  }
  metrics.buildInfo.set({ version }, 1)
  metrics.configLastReloadSuccessful.set(1)
  return metrics
}

/** What makes the metrics of a registry. */
function makersFor(registry: Registry) {
  const registers = [registry]
  let settle = (): void => {}
  // Whichever of them a scrape comes to first, what was gathered is told before.
  const collect = (): void => settle()
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `outrigger_${name}`, help, labelNames: [...labelNames], registers, collect })
  /** `merge`: how the values of several workers become one; default the largest. */
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[], merge: Aggregator = 'max'): Gauge<L> =>
    new Gauge({ name: `outrigger_${name}`, help, labelNames: [...labelNames], registers, aggregator: merge, collect })
  const histogram: MakeHistogram = (name, help, labelNames, buckets) =>
    createHistogram({ name: `outrigger_${name}`, help, labelNames, buckets, registry, collect })
  return {
    counter,
    gauge,
    histogram,
    /** Calls this before values are read; one listener. */
    beforeScrape(listener: () => void): void {
      settle = listener
    },
  }
}

/** A maker of counters whose names begin as all of them do. */
type MakeCounter = <L extends string>(name: string, help: string, labelNames: readonly L[]) => Counter<L>

/** The books: `cost` and `wasted` together are what providers charge. */
function moneyMetrics(counter: MakeCounter) {
  return {
    cost: counter('cost_usd_total', 'What answers cost, in USD.', ['route', 'target']),
    wastedCost: counter(
      'wasted_cost_usd_total',
      'What was paid beside the answers, in USD: attempts that failed, were hedged or abandoned, prompts read again to recover.',
      ['reason'],
    ),
    saved: counter(
      'saved_usd_total',
      'What answers cost less than at the first target of the model that was asked for, in USD.',
      ['route'],
    ),
    extraCost: counter(
      'extra_cost_usd_total',
      'What answers cost more than at the first target of the model that was asked for, in USD.',
      ['route'],
    ),
  }
}

type MakeGauge = <L extends string>(name: string, help: string, labelNames: readonly L[], merge?: Aggregator) => Gauge<L>

/** Of kept answers: our own, and what the providers' prompt caches save. */
function cacheMetrics(counter: MakeCounter, gauge: MakeGauge, histogram: MakeHistogram) {
  return {
    cacheRequests: counter(
      'cache_requests_total',
      'Requests that asked the cache: `hit`, `semantic` (the answer to another question that means the same) or `miss`.',
      ['result'],
    ),
    cacheBytes: gauge('cache_bytes', 'What is kept in memory: answers, and vectors of questions.', ['kind'], 'sum'),
    cacheEntries: gauge('cache_entries', 'Answers that are kept in memory.', [], 'sum'),
    cacheEmbeddings: counter('cache_embeddings_total', 'Vectors that the semantic cache asked for, by how that ended.', [
      'outcome',
    ]),
    cacheEmbeddingDuration: histogram(
      'cache_embedding_seconds',
      'How long requests waited for their vectors.',
      [],
      [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2],
    ),
    promptCacheSaved: counter(
      'prompt_cache_saved_usd_total',
      'What reading prompts from providers\u2019 own caches saved, in USD.',
      ['target'],
    ),
    promptCacheExtra: counter(
      'prompt_cache_extra_usd_total',
      'What writing prompts to providers\u2019 own caches cost beyond what it saved, in USD, request by request.',
      ['target'],
    ),
  }
}

type Makers = { readonly counter: MakeCounter; readonly gauge: MakeGauge; readonly histogram: MakeHistogram }

function gatewayMetrics({ counter, gauge, histogram }: Makers) {
  return { ...guardMetrics(counter, histogram), ...usageMetrics(counter, gauge) }
}

/** Of guardrails; names come from the routing file. */
function guardMetrics(counter: MakeCounter, histogram: MakeHistogram) {
  return {
    guardrailActions: counter(
      'guardrail_actions_total',
      'What guardrails did to requests: redacted, denied, rewritten, or their hook gave no answer (hook_failed).',
      ['guardrail', 'action'],
    ),
    guardrailRedactions: counter(
      'guardrail_redactions_total',
      'Pieces of text that guardrails found, in what leaves (request) and what comes back (response).',
      ['guardrail', 'pattern', 'where'],
    ),
    guardrailHookDuration: histogram(
      'guardrail_hook_duration_seconds',
      'How long requests waited for a hook.',
      ['guardrail'],
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    ),
  }
}

/** Of the records of usage that leave the relay, and of what clients used; names of clients come from the routing file. */
function usageMetrics(counter: MakeCounter, gauge: MakeGauge) {
  return {
    usageRecords: counter(
      'usage_records_total',
      'Records of requests for billing, by where they went (file, http) and what became of them: written, or lost (no_room, refused, stopped).',
      ['sink', 'result'],
    ),
    usagePending: gauge('usage_records_pending', 'Records that wait to be written or sent.', ['sink'], 'sum'),
    clientRequests: counter('client_requests_total', 'Requests of virtual keys, by how they ended.', [
      'client',
      'route',
      'outcome',
    ]),
    clientTokens: counter('client_tokens_total', 'Tokens of virtual keys, as providers count them.', ['client', 'type']),
    clientCost: counter('client_cost_usd_total', 'What the answers of virtual keys cost, in USD.', ['client', 'route']),
  }
}

type MakeHistogram = <L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[],
  buckets: readonly number[],
) => QuickHistogram<L>

/** Of copies of requests; they count nowhere else. */
function mirrorMetrics(counter: MakeCounter, histogram: MakeHistogram) {
  return {
    mirrored: counter(
      'mirrored_requests_total',
      'Copies of requests, by how they ended; `skipped` were not made, since too many were under way.',
      ['route', 'target', 'outcome'],
    ),
    mirroredDuration: histogram(
      'mirrored_duration_seconds',
      'From the sending of a copy to its end.',
      ['target'],
      durationBuckets,
    ),
    mirroredFirstToken: histogram(
      'mirrored_first_token_seconds',
      'From the sending of a copy to its first content.',
      ['target'],
      firstTokenBuckets,
    ),
    mirroredCost: counter('mirrored_cost_usd_total', 'What copies cost, in USD.', ['route', 'target']),
  }
}

/** Of the virtual keys; their names come from the routing file, so that they are few. */
function clientMetrics(registry: Registry) {
  const registers = [registry]
  const metrics = {
    clientLimited: new Counter({
      name: 'outrigger_client_limited_total',
      help: 'Requests refused because their client is over a limit.',
      labelNames: ['client', 'limit'],
      registers,
    }),
    stateUp: new Gauge({
      name: 'outrigger_state_up',
      help: 'Whether the store that instances share answers; 1 where there is none.',
      registers,
      aggregator: 'min',
    }),
    clientBudget: new Gauge({
      name: 'outrigger_client_budget_used_ratio',
      help: 'How much of its budget a client has used in this period, 0 to 1.',
      labelNames: ['client'],
      registers,
    }),
  }
  metrics.stateUp.set(1)
  return metrics
}
