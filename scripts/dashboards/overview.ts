import type { Dashboard } from './dashboard.ts'

const on = 'job=~"$job", instance=~"$instance"'
const rate = '[$__rate_interval]'

/** Failed through no fault of the client: the same arithmetic as in deploy/prometheus/recording.yaml. */
const failed = (by: string, range: string): string =>
  `sum${by}(rate(outrigger_requests_total{${on}, outcome="truncated"}${range}) or rate(outrigger_requests_total{${on}, outcome="failed", status=~"5..|429"}${range}))`
const judged = (by: string, range: string): string =>
  `sum${by}(rate(outrigger_requests_total{${on}, outcome=~"ok|recovered|truncated"}${range}) or rate(outrigger_requests_total{${on}, outcome="failed", status=~"5..|429"}${range}))`
const errorRatio = (by: string, range: string): string =>
  `(${failed(by, range)} or ${judged(by, range)} * 0) / (${judged(by, range)} > 0)`

const quantile = (q: number, metric: string, by: string): string =>
  `histogram_quantile(${q}, sum by (${by}le) (rate(${metric}_bucket{${on}}${rate})))`

/** What a person on call opens first. */
export const overview: Dashboard = {
  uid: 'outrigger-overview',
  title: 'Outrigger / Overview',
  description: 'Whether clients get answers, how quickly, and what the relay did for it.',
  from: 'now-1h',
  variables: [],
  sections: [
    {
      title: 'Now',
      height: 4,
      panels: [
        {
          kind: 'number',
          title: 'Requests',
          width: 4,
          unit: 'reqps',
          queries: [{ expr: `sum(rate(outrigger_requests_total{${on}}[5m]))` }],
        },
        {
          kind: 'number',
          title: 'Errors, 5 min',
          description: 'Requests that failed or were cut through no fault of the client. The alert is at 5 %.',
          width: 4,
          unit: 'percentunit',
          steps: [
            { from: 0.01, color: 'orange' },
            { from: 0.05, color: 'red' },
          ],
          queries: [{ expr: errorRatio('', '[5m]') }],
        },
        {
          kind: 'number',
          title: 'Breakers open',
          width: 4,
          unit: 'short',
          steps: [{ from: 1, color: 'red' }],
          queries: [{ expr: `sum(outrigger_breaker_state{${on}} == bool 2)` }],
        },
        {
          kind: 'number',
          title: 'Alerts of the routing file',
          width: 4,
          unit: 'short',
          steps: [{ from: 1, color: 'red' }],
          queries: [{ expr: `sum(outrigger_alerts_firing{${on}}) or vector(0)` }],
        },
        {
          kind: 'number',
          title: 'Overhead p99, 5 min',
          description: 'Time inside the relay, waiting for nobody.',
          width: 4,
          unit: 's',
          steps: [
            { from: 0.005, color: 'orange' },
            { from: 0.01, color: 'red' },
          ],
          queries: [{ expr: `histogram_quantile(0.99, sum by (le) (rate(outrigger_overhead_seconds_bucket{${on}}[5m])))` }],
        },
        {
          kind: 'number',
          title: 'Cost an hour',
          width: 4,
          unit: 'currencyUSD',
          queries: [{ expr: `sum(rate(outrigger_cost_usd_total{${on}}[5m])) * 3600` }],
        },
      ],
    },
    {
      title: 'Requests',
      height: 8,
      panels: [
        {
          kind: 'lines',
          title: 'Requests by outcome',
          stack: true,
          width: 8,
          unit: 'reqps',
          queries: [{ expr: `sum by (outcome) (rate(outrigger_requests_total{${on}}${rate}))`, legend: '{{outcome}}' }],
        },
        {
          kind: 'lines',
          title: 'Requests by route',
          stack: true,
          width: 8,
          unit: 'reqps',
          queries: [{ expr: `sum by (route) (rate(outrigger_requests_total{${on}, route!=""}${rate}))`, legend: '{{route}}' }],
        },
        {
          kind: 'lines',
          title: 'Errors by route',
          width: 8,
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: errorRatio(' by (route) ', rate), legend: '{{route}}' }],
        },
        {
          kind: 'lines',
          title: 'Duration',
          description: 'From the first byte of a request to the last of its answer; streams too.',
          width: 8,
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, 'outrigger_request_duration_seconds', ''),
            legend: `p${q * 100}`,
          })),
        },
        {
          kind: 'lines',
          title: 'Time to first token, p95',
          width: 8,
          unit: 's',
          queries: [{ expr: quantile(0.95, 'outrigger_time_to_first_token_seconds', 'target, '), legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Streams by outcome',
          description: 'Recovered: broke and was continued on another target. Truncated: ended with an error event.',
          stack: true,
          width: 8,
          unit: 'reqps',
          queries: [{ expr: `sum by (outcome) (rate(outrigger_stream_outcomes_total{${on}}${rate}))`, legend: '{{outcome}}' }],
        },
      ],
    },
    {
      title: 'What the relay did',
      height: 8,
      panels: [
        {
          kind: 'states',
          title: 'Breakers',
          width: 8,
          unit: 'short',
          words: [
            { value: 0, text: 'closed', color: 'green' },
            { value: 1, text: 'half-open', color: 'orange' },
            { value: 2, text: 'open', color: 'red' },
          ],
          queries: [{ expr: `max by (target) (outrigger_breaker_state{${on}})`, legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Failovers by reason',
          stack: true,
          width: 8,
          unit: 'reqps',
          queries: [{ expr: `sum by (reason) (rate(outrigger_failovers_total{${on}}${rate}))`, legend: '{{reason}}' }],
        },
        {
          kind: 'lines',
          title: 'Attempts a request',
          description: 'Above 1: retries, failovers and hedges.',
          width: 8,
          unit: 'short',
          queries: [
            {
              expr: `sum(rate(outrigger_attempts_total{${on}}${rate})) / (sum(rate(outrigger_requests_total{${on}, target!=""}${rate})) > 0)`,
              legend: 'attempts',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Turned away, retries not made',
          width: 8,
          unit: 'reqps',
          queries: [
            { expr: `sum by (reason) (rate(outrigger_shed_total{${on}}${rate}))`, legend: '{{reason}}' },
            { expr: `sum(rate(outrigger_retry_budget_exhausted_total{${on}}${rate}))`, legend: 'retry budget' },
          ],
        },
        {
          kind: 'lines',
          title: 'Under way',
          width: 8,
          unit: 'short',
          queries: [
            { expr: `sum(outrigger_in_flight{${on}})`, legend: 'in flight' },
            { expr: `sum(outrigger_queue_depth{${on}})`, legend: 'waiting' },
          ],
        },
        {
          kind: 'lines',
          title: 'Cache',
          stack: true,
          width: 8,
          unit: 'reqps',
          queries: [{ expr: `sum by (result) (rate(outrigger_cache_requests_total{${on}}${rate}))`, legend: '{{result}}' }],
        },
      ],
    },
    {
      title: 'Cache and shared store',
      height: 6,
      panels: [
        {
          kind: 'lines',
          title: 'Kept in memory',
          description: 'Answers, and vectors of questions where the cache is semantic.',
          width: 6,
          unit: 'bytes',
          queries: [{ expr: `sum by (kind) (outrigger_cache_bytes{${on}}) or vector(0)`, legend: '{{kind}}' }],
        },
        {
          kind: 'lines',
          title: 'Answers kept',
          width: 6,
          unit: 'short',
          queries: [{ expr: `sum(outrigger_cache_entries{${on}}) or vector(0)`, legend: 'answers' }],
        },
        {
          kind: 'lines',
          title: 'Vectors asked for',
          description: 'By how that ended, and how long requests waited for them.',
          width: 6,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (outcome) (rate(outrigger_cache_embeddings_total{${on}}${rate})) or vector(0)`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Wait for vectors, mean',
          width: 3,
          unit: 's',
          queries: [
            {
              expr: `(sum(rate(outrigger_cache_embedding_seconds_sum{${on}}${rate})) / (sum(rate(outrigger_cache_embedding_seconds_count{${on}}${rate})) > 0)) or vector(0)`,
              legend: 'wait',
            },
          ],
        },
        {
          kind: 'states',
          title: 'Shared store',
          width: 3,
          unit: 'short',
          words: [
            { value: 0, text: 'away', color: 'red' },
            { value: 1, text: 'answers', color: 'green' },
          ],
          queries: [{ expr: `min by (instance) (outrigger_state_up{${on}})`, legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Guardrails',
      height: 6,
      panels: [
        {
          kind: 'lines',
          title: 'What they did',
          width: 8,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (guardrail, action) (rate(outrigger_guardrail_actions_total{${on}}${rate})) or vector(0)`,
              legend: '{{guardrail}}: {{action}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Redactions',
          width: 8,
          unit: 'short',
          queries: [
            {
              expr: `sum by (pattern, where) (rate(outrigger_guardrail_redactions_total{${on}}${rate})) or vector(0)`,
              legend: '{{pattern}}: {{where}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Wait for hooks, mean',
          width: 8,
          unit: 's',
          queries: [
            {
              expr: `(sum(rate(outrigger_guardrail_hook_duration_seconds_sum{${on}}${rate})) / (sum(rate(outrigger_guardrail_hook_duration_seconds_count{${on}}${rate})) > 0)) or vector(0)`,
              legend: 'wait',
            },
          ],
        },
      ],
    },
    {
      title: 'The process',
      height: 7,
      panels: [
        {
          kind: 'lines',
          title: 'Overhead',
          width: 6,
          unit: 's',
          queries: [0.5, 0.99].map((q) => ({ expr: quantile(q, 'outrigger_overhead_seconds', ''), legend: `p${q * 100}` })),
        },
        {
          kind: 'lines',
          title: 'CPU',
          description: 'Cores; the relay uses one at most, but for the work of the garbage collector.',
          width: 6,
          unit: 'short',
          queries: [{ expr: `rate(process_cpu_seconds_total{${on}}${rate})`, legend: '{{instance}}' }],
        },
        {
          kind: 'lines',
          title: 'Memory',
          width: 6,
          unit: 'bytes',
          queries: [{ expr: `process_resident_memory_bytes{${on}}`, legend: '{{instance}}' }],
        },
        {
          kind: 'lines',
          title: 'Event loop, p99',
          description: 'How late timers fire: the process has too little CPU when it rises.',
          width: 6,
          unit: 's',
          queries: [{ expr: `nodejs_eventloop_delay_seconds{${on}, quantile="0.99"}`, legend: '{{instance}}' }],
        },
        {
          kind: 'states',
          title: 'Routing file',
          width: 12,
          unit: 'short',
          words: [
            { value: 0, text: 'refused', color: 'red' },
            { value: 1, text: 'taken', color: 'green' },
          ],
          queries: [{ expr: `outrigger_config_last_reload_successful{${on}}`, legend: '{{instance}}' }],
        },
        {
          kind: 'bars',
          title: 'Versions',
          width: 12,
          unit: 'short',
          queries: [{ expr: `count by (version) (outrigger_build_info{${on}})`, legend: '{{version}}' }],
        },
      ],
    },
  ],
}
