/**
 * What planning costs: one request against a model of 10 targets and 20 rules, by strategy. The last rule fits, so that all
 * are looked at. In processor time of this thread, so that neighbours on the machine count less. Usage: make bench-plan [ARGS=cost]
 */
import { strategyNames } from '#strategy/registry.ts'
import { configOf, planMicroseconds } from './plan-cost.ts'

const ruleCount = 20
const models = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4o',
  'gpt-4o-mini',
  'o4-mini',
  'gpt-5.6',
  'gpt-5',
  'gpt-5-mini',
  'o3',
  'gpt-4.1-nano',
]
const rules = Array.from({ length: ruleCount }, (_, at) =>
  at === ruleCount - 1
    ? '  - { when: { model: m, tag: { team: last } }, max_price: { input: 1000 } }'
    : `  - { when: { tier: t${at}, header: { X-Team: team-${at} }, tag: { app: app-${at} } }, use: m }`,
)
const file = (strategy: string): string => `version: 1
providers: { openai: { api_key: k }, gemini: { api_key: k } }
models:
  m: { strategy: ${strategy}, targets: [${models.map((model) => `openai/${model}`).join(', ')}] }
rules:
${rules.join('\n')}
`

const wanted = process.argv.slice(2)
for (const strategy of strategyNames.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const took = await planMicroseconds(configOf(file(strategy)), 'm', ['team=last'])
  console.log(`${strategy.padEnd(11)} ${took.toFixed(2)} µs a plan (${models.length} targets, ${ruleCount} rules)`)
}
