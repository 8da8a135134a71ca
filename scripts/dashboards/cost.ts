import type { Dashboard } from './dashboard.ts'

const on = 'job=~"$job", instance=~"$instance"'
const rate = '[$__rate_interval]'
const range = '[$__range]'

/** Who spends what, on which models, and what is wasted or saved. Prices are the catalogue's or the routing file's. */
export const cost: Dashboard = {
  uid: 'outrigger-cost',
  title: 'Outrigger / Cost',
  description: 'What answers cost, by route, model and client; what was wasted and saved.',
  from: 'now-24h',
  variables: [],
  sections: [
    {
      title: 'In the time chosen',
      height: 4,
      panels: [
        {
          kind: 'number',
          title: 'Cost',
          width: 5,
          unit: 'currencyUSD',
          queries: [{ expr: `sum(increase(outrigger_cost_usd_total{${on}}${range}))` }],
        },
        {
          kind: 'number',
          title: 'Of a request that was answered',
          width: 5,
          unit: 'currencyUSD',
          queries: [
            {
              expr: `sum(increase(outrigger_cost_usd_total{${on}}${range})) / (sum(increase(outrigger_requests_total{${on}, outcome=~"ok|recovered"}${range})) > 0)`,
            },
          ],
        },
        {
          kind: 'number',
          title: 'Wasted',
          description: 'Paid beside the answers: attempts that failed, were hedged or abandoned, prompts read again to recover.',
          width: 5,
          unit: 'currencyUSD',
          queries: [{ expr: `sum(increase(outrigger_wasted_cost_usd_total{${on}}${range}))` }],
        },
        {
          kind: 'number',
          title: 'Saved',
          description: 'Against asking each route’s first target, and by the cache.',
          width: 5,
          unit: 'currencyUSD',
          queries: [{ expr: `sum(increase(outrigger_saved_usd_total{${on}}${range}))` }],
        },
        {
          kind: 'number',
          title: 'Spent more',
          description: 'Where answers came from dearer targets than the first one of their model.',
          width: 4,
          unit: 'currencyUSD',
          queries: [{ expr: `sum(increase(outrigger_extra_cost_usd_total{${on}}${range}))` }],
        },
      ],
    },
    {
      title: 'An hour',
      height: 8,
      panels: [
        {
          kind: 'lines',
          title: 'By route',
          stack: true,
          width: 12,
          unit: 'currencyUSD',
          queries: [{ expr: `sum by (route) (rate(outrigger_cost_usd_total{${on}}${rate})) * 3600`, legend: '{{route}}' }],
        },
        {
          kind: 'lines',
          title: 'By target',
          stack: true,
          width: 12,
          unit: 'currencyUSD',
          queries: [{ expr: `sum by (target) (rate(outrigger_cost_usd_total{${on}}${rate})) * 3600`, legend: '{{target}}' }],
        },
        {
          kind: 'lines',
          title: 'Wasted, by reason',
          stack: true,
          width: 12,
          unit: 'currencyUSD',
          queries: [
            { expr: `sum by (reason) (rate(outrigger_wasted_cost_usd_total{${on}}${rate})) * 3600`, legend: '{{reason}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Saved and spent more, by route',
          description: 'Against each model’s first target.',
          width: 12,
          unit: 'currencyUSD',
          queries: [
            { expr: `sum by (route) (rate(outrigger_saved_usd_total{${on}}${rate})) * 3600`, legend: '{{route}} saved' },
            { expr: `sum by (route) (rate(outrigger_extra_cost_usd_total{${on}}${rate})) * 3600`, legend: '{{route}} more' },
          ],
        },
      ],
    },
    {
      title: 'Tokens',
      height: 8,
      panels: [
        {
          kind: 'lines',
          title: 'Providers’ own prompt caches',
          description: 'What reading from them saved, and what writing to them cost beyond that; dollars an hour.',
          width: 24,
          unit: 'currencyUSD',
          queries: [
            { expr: `(sum(rate(outrigger_prompt_cache_saved_usd_total{${on}}${rate})) or vector(0)) * 3600`, legend: 'saved' },
            { expr: `(sum(rate(outrigger_prompt_cache_extra_usd_total{${on}}${rate})) or vector(0)) * 3600`, legend: 'extra' },
          ],
        },
        {
          kind: 'lines',
          title: 'Tokens by type',
          description: 'Input has what was read from and written to caches; output has the reasoning.',
          width: 12,
          unit: 'short',
          queries: [{ expr: `sum by (type) (rate(outrigger_tokens_total{${on}}${rate}))`, legend: '{{type}}' }],
        },
        {
          kind: 'bars',
          title: 'USD for a thousand output tokens',
          width: 12,
          unit: 'currencyUSD',
          queries: [
            {
              expr: `1000 * sum by (target) (increase(outrigger_cost_usd_total{${on}}${range})) / (sum by (target) (increase(outrigger_tokens_total{${on}, type="output"}${range})) > 0)`,
              legend: '{{target}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Clients',
      height: 8,
      panels: [
        {
          kind: 'bars',
          title: 'Budgets used in their period',
          width: 12,
          unit: 'percentunit',
          max: 1,
          steps: [
            { from: 0.75, color: 'orange' },
            { from: 0.9, color: 'red' },
          ],
          queries: [{ expr: `max by (client) (outrigger_client_budget_used_ratio{${on}})`, legend: '{{client}}' }],
        },
        {
          kind: 'bars',
          title: 'USD by client',
          width: 12,
          unit: 'currencyUSD',
          queries: [
            {
              expr: `sum by (client) (increase(outrigger_client_cost_usd_total{${on}}${range})) or vector(0)`,
              legend: '{{client}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Requests by client',
          width: 12,
          unit: 'reqps',
          queries: [
            { expr: `sum by (client) (rate(outrigger_client_requests_total{${on}}${rate})) or vector(0)`, legend: '{{client}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Tokens by client',
          description: 'A second.',
          width: 12,
          unit: 'short',
          queries: [
            { expr: `sum by (client) (rate(outrigger_client_tokens_total{${on}}${rate})) or vector(0)`, legend: '{{client}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Records for billing',
          description: 'By sink and what became of them, a second.',
          width: 12,
          unit: 'short',
          queries: [
            {
              expr: `sum by (sink, result) (rate(outrigger_usage_records_total{${on}}${rate})) or vector(0)`,
              legend: '{{sink}}: {{result}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Records that wait',
          width: 12,
          unit: 'short',
          queries: [{ expr: `sum by (sink) (outrigger_usage_records_pending{${on}}) or vector(0)`, legend: '{{sink}}' }],
        },
        {
          kind: 'lines',
          title: 'Requests over a limit',
          stack: true,
          width: 12,
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (client, limit) (rate(outrigger_client_limited_total{${on}}${rate}))`,
              legend: '{{client}}: {{limit}}',
            },
          ],
        },
      ],
    },
  ],
}
