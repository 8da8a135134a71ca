import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    [
      'models:',
      '  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }',
      '  "gpt-*": { targets: ["openai/*"] }',
      'health: { interval: 1s, timeout: 500ms }',
      'alerts: [{ error_rate: 5%, over: 5m, min_requests: 2 }]',
      '',
    ].join('\n'),
  )
})
after(() => world?.close())

const scrape = async (accept = ''): Promise<string> =>
  await (await fetch(`${world.relay.adminUrl}/metrics`, { headers: { accept } })).text()

async function ask(model: string, stream: boolean): Promise<void> {
  const request = { model, messages: [{ role: 'user' as const, content: 'Hello' }] }
  if (!stream) return void (await world.openai.chat.completions.create(request))
  for await (const _ of await world.openai.chat.completions.create({ ...request, stream }));
}

/** Waits until what is scraped holds something. */
async function scrapedWith(pattern: RegExp): Promise<string> {
  let text = ''
  for (let waited = 0; waited < 15_000; waited += 100) {
    text = await scrape()
    if (pattern.test(text)) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.match(text, pattern)
  return text
}

/** Metrics that have a value once the relay has run for a while, whatever is configured. */
const recorded = [
  'requests_total{route="smart",dialect="openai-chat",target="openai/gpt-4.1",outcome="ok",status="200"}',
  'requests_total{route="gpt-*",dialect="openai-chat",target="openai/*",outcome="ok",status="200"}',
  'request_duration_seconds_count{route="smart",outcome="ok"}',
  'overhead_seconds_count',
  'time_to_first_token_seconds_count{target="openai/gpt-4.1"}',
  'attempts_total{target="anthropic/claude-opus-5-5",outcome="overloaded"}',
  'failovers_total{route="smart",from="anthropic/claude-opus-5-5",to="openai/gpt-4.1",reason="overloaded"}',
  'retry_budget_exhausted_total',
  'breaker_state{target="anthropic/claude-opus-5-5"}',
  'target_error_ratio{target="anthropic/claude-opus-5-5"}',
  'target_latency_seconds{target="openai/gpt-4.1",quantile="0.99"}',
  'probe_success{provider="openai"}',
  'probe_duration_seconds_count{provider="openai"}',
  'tokens_total{target="openai/gpt-4.1",type="output"}',
  'stream_outcomes_total{dialect="openai-chat",target="openai/gpt-4.1",outcome="complete"}',
  'cost_usd_total{route="smart",target="openai/gpt-4.1"}',
  'in_flight',
  'queue_depth',
  'config_reloads_total{result="refused"}',
  'config_last_reload_successful',
  'alerts_firing{alert="breaker_open",target="anthropic/claude-opus-5-5"}',
  'build_info{version="',
]
/** Metrics of what is off here, or did not happen. */
const defined = ['wasted_cost_usd_total', 'saved_usd_total', 'shed_total', 'cache_requests_total']

test('metrics: every metric is recorded, no name that a client made up is a label', async () => {
  world.setFaults([{ kind: 'error', status: 529, when: { provider: 'anthropic' } }])
  for (let count = 0; count < 4; count++) await ask('smart', count % 2 === 1)
  await ask('gpt-made-up-by-a-client', false)
  await assert.rejects(ask('nothing-of-the-kind', false))
  appendFileSync(world.relay.configPath, 'nonsense: true\n')
  await scrapedWith(/config_reloads_total\{result="refused"\} 1/)
  const text = await scrapedWith(/probe_success\{provider="openai"\} 1/)
  for (const sample of recorded) assert.ok(text.includes(`\noutrigger_${sample}`), `no ${sample}`)
  for (const name of defined) assert.match(text, new RegExp(`^# TYPE outrigger_${name} counter$`, 'm'))
  assert.match(text, /^outrigger_breaker_state\{target="anthropic\/claude-opus-5-5"\} 2$/m)
  assert.match(text, /^outrigger_config_last_reload_successful 0$/m)
  assert.match(text, /^outrigger_in_flight 0$/m)
  assert.doesNotMatch(text, /made-up|nothing-of-the-kind/)
})

test('metrics: promtool finds nothing to complain about', {
  skip: spawnSync('promtool', ['--version']).status === 0 ? false : 'no promtool',
}, async () => {
  // A summary's label on a gauge: its quantiles are over the last hundred attempts, which no summary's are.
  const known = 'outrigger_target_latency_seconds'
  const lines = (await scrape()).split('\n')
  const ours = lines.filter((line) => /^(# (HELP|TYPE) )?outrigger_/.test(line) && !line.includes(known))
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: `${ours.join('\n')}\n`,
    encoding: 'utf8',
  })
  assert.equal(`${stdout}${stderr}`, '')
  assert.equal(status, 0)
})
