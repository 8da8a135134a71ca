import assert from 'node:assert/strict'
import { before, type TestContext, test } from 'node:test'
import { type Agent, agentFromNpm, runAlone } from './sandbox.ts'
import type { Report } from './scenario.ts'
import type { Step } from './scripted-provider.ts'

const words = 'twelve red herrings'
const task = 'Write the words into note.txt, read the file, and tell what it says.'

/** One pixel. */
const png = 'base64:iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** The relay as a provider of the Responses API; reasoning comes back encrypted, nothing is stored. */
const config = `
model = "{model}"
model_provider = "relay"
model_reasoning_effort = "high"
[model_providers.relay]
name = "relay"
base_url = "{relay}/v1"
wire_api = "responses"
env_key = "RELAY_KEY"
request_max_retries = 0
stream_max_retries = 0
`

const providers = [
  ['anthropic', 'anthropic/claude-opus-4-5'],
  ['gemini', 'gemini/gemini-3.7-flash'],
] as const

let agent: Agent

before(
  async () => {
    agent = await agentFromNpm('@openai/codex@0.169.0', '@openai/codex/bin/codex.js')
  },
  { timeout: 400_000 },
)

type Task = {
  readonly provider: (typeof providers)[number]
  readonly model: string
  readonly script: readonly Step[]
  /** What every answer names as dropped. */
  readonly dropped: RegExp
}

async function work(t: TestContext, { provider: [family, target], model, script, dropped }: Task): Promise<Report | undefined> {
  if ('missing' in agent) {
    t.skip(agent.missing)
    return undefined
  }
  const exec = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', task]
  const report = await runAlone({
    family,
    target,
    script,
    models: [model],
    command: [process.execPath, agent.program, ...exec],
    env: { RELAY_KEY: 'none' },
    files: { '{home}/.codex/config.toml': config.replace('{model}', model), '{work}/dot.png': png },
  })
  assert.deepEqual(report.problems, [], report.output)
  assert.equal(report.code, 0, report.output)
  assert.equal(report.note?.trim(), words)
  // The thought before a call comes back signed, over the agent's encrypted reasoning.
  assert.match(
    JSON.stringify(report.requests.at(-1)),
    family === 'anthropic' ? /"signature":"c2lnb/ : /"thoughtSignature":"c2lnb/,
  )
  for (const exchange of report.exchanges) {
    assert.equal(exchange.status, 200)
    assert.match(exchange.dropped, dropped)
  }
  return report
}

for (const provider of providers) {
  test(`Codex, its general tools, on ${provider[1]}: shell calls, two at once`, async (t) => {
    const report = await work(t, {
      provider,
      // A name that Codex has no facts of.
      model: 'coder',
      dropped: /\.web_search\b/,
      script: [
        { calls: [{ tool: 'exec_command', args: { cmd: `echo '${words}' > note.txt` } }] },
        {
          calls: [
            { tool: 'exec_command', args: { cmd: 'cat note.txt' } },
            { tool: 'exec_command', args: { cmd: 'wc -w note.txt' } },
          ],
        },
        { text: 'The tools said: {results}' },
      ],
    })
    if (report === undefined) return
    assert.match(report.output, new RegExp(`The tools said: .*${words}.*3 note.txt`, 's'))
    assert.equal(report.exchanges.length, 3)
  })

  test(`Codex, tools with free text and images, on ${provider[1]}: a patch, a look at a picture`, async (t) => {
    const report = await work(t, {
      provider,
      model: 'gpt-5.5',
      dropped: /\.tool_search, .*\.web_search\b/,
      script: [
        { calls: [{ tool: 'apply_patch', args: { '*': `*** Begin Patch\n*** Add File: note.txt\n+${words}\n*** End Patch` } }] },
        { calls: [{ tool: 'view_image', args: { path: 'dot.png' } }] },
        { calls: [{ tool: 'exec_command', args: { cmd: 'cat note.txt' } }] },
        { text: 'The tools said: {results}' },
      ],
    })
    if (report === undefined) return
    assert.match(report.output, new RegExp(`The tools said: .*${words}`, 's'))
    assert.deepEqual(report.images, ['image/png'])
  })

  test(`Codex, tools that come with the conversation, on ${provider[1]}: code in a namespace`, async (t) => {
    const run = (cmd: string): string => `text((await tools.exec_command({ cmd: ${JSON.stringify(cmd)} })).output)`
    const report = await work(t, {
      provider,
      model: 'gpt-6.1-sol',
      dropped: /\breasoning\.context\b/,
      script: [
        { calls: [{ tool: 'exec', args: { '*': run(`echo '${words}' > note.txt`) } }] },
        { calls: [{ tool: 'exec', args: { '*': run('cat note.txt') } }] },
        { text: 'The tools said: {results}' },
      ],
    })
    if (report === undefined) return
    assert.match(report.output, new RegExp(`The tools said: .*${words}`, 's'))
  })
}
