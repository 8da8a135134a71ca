import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Agent, agentFromNpm, runAlone } from './sandbox.ts'

const words = 'twelve red herrings'
const task = 'Write the words into note.txt, read the file, and tell what it says.'

let agent: Agent

before(
  async () => {
    const program = `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`
    agent = await agentFromNpm('@anthropic-ai/claude-code@2.1.197', program)
  },
  { timeout: 400_000 },
)

for (const [family, target] of [
  ['anthropic', 'anthropic/claude-opus-4-5'],
  ['gemini', 'gemini/gemini-3.7-flash'],
] as const) {
  test(`Claude Code on ${target}: a file is written, read and told, two calls at once`, async (t) => {
    if ('missing' in agent) {
      t.skip(agent.missing)
      return
    }
    const report = await runAlone({
      family,
      target,
      models: ['coder', '"*"'],
      script: [
        { calls: [{ tool: 'Write', args: { file_path: '{work}/note.txt', content: words } }] },
        {
          calls: [
            { tool: 'Read', args: { file_path: '{work}/note.txt' } },
            { tool: 'Bash', args: { command: 'wc -w note.txt', description: 'Counts words' } },
          ],
        },
        { text: 'The tools said: {results}' },
      ],
      command: [agent.program, '-p', task, '--dangerously-skip-permissions', '--model', 'coder'],
      env: {
        ANTHROPIC_BASE_URL: '{relay}',
        ANTHROPIC_API_KEY: 'none',
        // It leaves its permissions to a sandbox also for root, which everybody is in a namespace of their own.
        IS_SANDBOX: '1',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      files: {},
    })
    assert.deepEqual(report.problems, [], report.output)
    assert.equal(report.code, 0, report.output)
    assert.equal(report.note, words)
    assert.match(report.output, new RegExp(`The tools said: .*${words}.*3 note.txt`, 's'))
    const asked = report.exchanges.filter(({ path }) => path.startsWith('/v1/messages'))
    assert.ok(asked.length >= 3)
    for (const { status } of asked) assert.equal(status, 200)
  })
}
