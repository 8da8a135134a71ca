import type { Dashboard } from './dashboard.ts'

const on = 'job=~"$job", instance=~"$instance"'
const of = `${on}, target=~"$provider/.*"`
const rate = '[$__rate_interval]'

const against = 'network|timeout|overloaded|server|malformed'

const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (target, le) (rate(outrigger_time_to_first_token_seconds_bucket{${of}}${rate})))`

/** One provider or several side by side: health, speed, what they are asked for. */
export const provider: Dashboard = {
  uid: 'outrigger-provider',
  title: 'Outrigger / Provider',
  description: 'How providers and their models do: errors, speed, traffic.',
  from: 'now-3h',
  variables: [
    {
      name: 'provider',
      label: 'Provider',
      query: 'label_values(outrigger_probe_success{job=~"$job", instance=~"$instance"}, provider)',
    },
  ],
  sections: [
    {
      title: 'Health',
      height: 8,
      panels: [
        {
          kind: 'states',
          title: 'Breakers',
          description: 'Open: no traffic until a trial succeeds.',
          width: 12,
          unit: 'short',
          words: [
            { value: 0, text: 'closed', color: 'green' },
            { value: 1, text: 'half-open', color: 'orange' },
            { value: 2, text: 'open', color: 'red' },
          ],
          queries: [{ expr: `max by (target) (outrigger_breaker_state{${of}})`, legend: '{{target}}' }],
        },
        {
          kind: 'states',
          title: 'Probes',
          width: 12,
          unit: 'short',
          words: [
            { value: 0, text: 'fails', color: 'red' },
            { value: 1, text: 'answers', color: 'green' },
          ],
          queries: [
            { expr: `min by (provider) (outrigger_probe_success{${on}, provider=~"$provider"})`, legend: '{{provider}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Errors that count against the target',
          description: 'Connections, timeouts, 5xx, overload, answers that are none. Not limits, not clients’ mistakes.',
          width: 12,
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr: `(sum by (target) (rate(outrigger_attempts_total{${of}, outcome=~"${against}"}${rate})) or sum by (target) (rate(outrigger_attempts_total{${of}}${rate})) * 0) / (sum by (target) (rate(outrigger_attempts_total{${of}}${rate})) > 0)`,
              legend: '{{target}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Attempts that did not answer, by outcome',
          stack: true,
          width: 12,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (outcome) (rate(outrigger_attempts_total{${of}, outcome!="ok"}${rate}))`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Failed among the last 100',
          width: 12,
          unit: 'percentunit',
          max: 1,
          steps: [
            { from: 0.05, color: 'orange' },
            { from: 0.25, color: 'red' },
          ],
          queries: [{ expr: `max by (target) (outrigger_target_error_ratio{${of}})`, legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Failovers away, by reason',
          stack: true,
          width: 12,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (from, reason) (rate(outrigger_failovers_total{${on}, from=~"$provider/.*"}${rate}))`,
              legend: '{{from}}: {{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Speed',
      height: 8,
      panels: [
        {
          kind: 'lines',
          title: 'Time to first token, p50',
          width: 8,
          unit: 's',
          queries: [{ expr: quantile(0.5), legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Time to first token, p95',
          width: 8,
          unit: 's',
          queries: [{ expr: quantile(0.95), legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Latency of the last 100 answers, p95',
          description: 'What the strategy `latency` and `auto` timeouts go by.',
          width: 8,
          unit: 's',
          queries: [{ expr: `max by (target) (outrigger_target_latency_seconds{${of}, quantile="0.95"})`, legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Duration of probes, p95',
          width: 8,
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (provider, le) (rate(outrigger_probe_duration_seconds_bucket{${on}, provider=~"$provider"}[5m])))`,
              legend: '{{provider}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Output tokens a second',
          width: 8,
          unit: 'short',
          queries: [
            { expr: `sum by (target) (rate(outrigger_tokens_total{${of}, type="output"}${rate}))`, legend: '{{target}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Streams that broke',
          width: 8,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (target, outcome) (rate(outrigger_stream_outcomes_total{${of}, outcome!="complete"}${rate}))`,
              legend: '{{target}}: {{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Traffic',
      height: 8,
      panels: [
        {
          kind: 'lines',
          title: 'Attempts',
          stack: true,
          width: 12,
          unit: 'reqps',
          queries: [{ expr: `sum by (target) (rate(outrigger_attempts_total{${of}}${rate}))`, legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Tokens by type',
          stack: true,
          width: 12,
          unit: 'short',
          queries: [{ expr: `sum by (type) (rate(outrigger_tokens_total{${of}}${rate}))`, legend: '{{type}}' }],
        },
      ],
    },
  ],
}
