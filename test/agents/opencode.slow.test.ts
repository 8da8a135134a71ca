import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Agent, agentFromNpm, runAlone } from './sandbox.ts'

const words = 'twelve red herrings'
const task = 'Write the words into note.txt, read the file, and tell what it says.'

/** The relay as a provider of Chat Completions, as opencode's own documentation says it. */
const config = {
  $schema: 'https://opencode.ai/config.json',
  autoupdate: false,
  share: 'disabled',
  permission: 'allow',
  model: 'relay/coder',
  small_model: 'relay/coder',
  provider: {
    relay: {
      npm: '@ai-sdk/openai-compatible',
      name: 'Relay',
      options: { baseURL: '{relay}/v1', apiKey: 'none' },
      models: { coder: { name: 'Coder', limit: { context: 200_000, output: 16_000 } } },
    },
  },
}

let agent: Agent

before(
  async () => {
    // Without install scripts only the platform's own package has the program.
    agent = await agentFromNpm('opencode-ai@1.18.33', `opencode-${process.platform}-${process.arch}/bin/opencode`)
  },
  { timeout: 400_000 },
)

for (const [family, target] of [
  ['anthropic', 'anthropic/claude-opus-4-5'],
  ['gemini', 'gemini/gemini-3.7-flash'],
] as const) {
  test(`opencode on ${target}: a file is written, read and told, two calls at once`, async (t) => {
    if ('missing' in agent) {
      t.skip(agent.missing)
      return
    }
    const report = await runAlone({
      family,
      target,
      models: ['coder'],
      script: [
        { calls: [{ tool: 'write', args: { filePath: '{work}/note.txt', content: words } }] },
        {
          calls: [
            { tool: 'read', args: { filePath: '{work}/note.txt' } },
            { tool: 'bash', args: { command: 'wc -w note.txt', description: 'Counts words' } },
          ],
        },
        { text: 'The tools said: {results}' },
      ],
      command: [agent.program, 'run', '--pure', task],
      env: {},
      files: { '{work}/opencode.json': JSON.stringify(config) },
    })
    assert.deepEqual(report.problems, [], report.output)
    assert.equal(report.code, 0, report.output)
    assert.equal(report.note, words)
    assert.match(report.output, new RegExp(`The tools said: .*${words}.*3 note.txt`, 's'))
    for (const { status } of report.exchanges) assert.equal(status, 200)
  })
}
