import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Agent, agentFromNpm, runAlone } from './sandbox.ts'

const words = 'twelve red herrings'
const task = 'Write the words into note.txt, read the file, and tell what it says.'

const settings = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  telemetry: { enabled: false },
  general: { disableAutoUpdate: true },
}

let agent: Agent

before(
  async () => {
    agent = await agentFromNpm('@google/gemini-cli@0.61.0', '@google/gemini-cli/bundle/gemini.js')
  },
  { timeout: 400_000 },
)

for (const [family, target] of [
  ['anthropic', 'anthropic/claude-opus-4-5'],
  ['gemini', 'gemini/gemini-3.7-flash'],
] as const) {
  test(`Gemini CLI on ${target}: a file is written, read and told, two calls at once`, async (t) => {
    if ('missing' in agent) {
      t.skip(agent.missing)
      return
    }
    const report = await runAlone({
      family,
      target,
      models: ['coder', '"*"'],
      script: [
        { calls: [{ tool: 'write_file', args: { file_path: '{work}/note.txt', content: words } }] },
        {
          calls: [
            { tool: 'read_file', args: { file_path: '{work}/note.txt' } },
            { tool: 'run_shell_command', args: { command: 'wc -w note.txt', description: 'Counts words' } },
          ],
        },
        { text: 'The tools said: {results}' },
      ],
      command: [process.execPath, agent.program, '-p', task, '--yolo', '--model', 'coder'],
      env: { GOOGLE_GEMINI_BASE_URL: '{relay}', GEMINI_API_KEY: 'none', GEMINI_CLI_TRUST_WORKSPACE: 'true' },
      files: { '{home}/.gemini/settings.json': JSON.stringify(settings) },
    })
    assert.deepEqual(report.problems, [], report.output)
    assert.equal(report.code, 0, report.output)
    assert.equal(report.note, words)
    assert.match(report.output, new RegExp(`The tools said: .*${words}.*3 note.txt`, 's'))
    assert.ok(report.exchanges.length >= 3)
    for (const { status } of report.exchanges) assert.equal(status, 200)
  })
}
