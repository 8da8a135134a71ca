import { Argument, Command, Option } from 'commander'
import { usageFields } from '#replay/sum-usage.ts'
import type { CheckOptions } from './check.ts'
import type { DemoOptions } from './demo.ts'
import type { DrillFlags } from './drill.ts'
import type { ExplainOptions } from './explain.ts'
import type { ImportOptions } from './import.ts'
import type { InitOptions } from './init.ts'
import type { KeyOptions } from './key.ts'
import type { ReplayOptions } from './replay.ts'
import { logLevels, type ServeOptions } from './serve-options.ts'
import type { StatusOptions } from './status.ts'
import type { UsageOptions } from './usage.ts'
import { version } from './version.ts'

/** What adds each subcommand, in the order of the help. */
const adders = new Map<string, (root: Command) => void>([
  ['serve', addServe],
  ['demo', addDemo],
  ['check', addCheck],
  ['schema', addSchema],
  ['explain', addExplain],
  ['mock', addMock],
  ['drill', addDrill],
  ['key', addKey],
  ['replay', addReplay],
  ['usage', addUsage],
  ['init', addInit],
  ['import', addImport],
  ['status', addStatus],
  ['healthcheck', addHealthcheck],
  ['completion', addCompletion],
])

const exitCodeHelp = `
Exit codes: 0 it worked; 1 it worked and the answer is no, or it failed; 2 the command line is not understood;
69 a port cannot be opened; 78 the routing file has problems. Colours are for terminals only; NO_COLOR turns them off.

Begin with:
  $ outrigger demo          # mock providers, no keys
  $ outrigger init          # a routing file from the API keys in the environment`

/** A command's examples, below its help. */
const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`

/** The command line. Only the subcommand that is asked for is described, which saves time at each start; all of them for the help. */
export function program(asked: string | undefined): Command {
  const root = new Command('outrigger')
    .description('A relay for LLM APIs that runs beside an application: any SDK in, any provider out.')
    .version(version)
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
  const add = asked === undefined ? undefined : adders.get(asked)
  for (const one of add === undefined ? adders.values() : [add]) one(root)
  return root
}

function withRunFlags(command: Command, logFormat: 'json' | 'pretty', drainTimeout: string): Command {
  return command
    .addOption(new Option('--listen <address>', 'address for clients, over the routing file').env('OUTRIGGER_LISTEN'))
    .addOption(new Option('--admin <address>', 'address for operators, over the routing file').env('OUTRIGGER_ADMIN'))
    .addOption(new Option('--log-level <level>', 'over the routing file').choices(logLevels).env('OUTRIGGER_LOG_LEVEL'))
    .addOption(
      new Option('--log-format <format>', 'one line a record, or for people')
        .choices(['json', 'pretty'])
        .env('OUTRIGGER_LOG_FORMAT')
        .default(logFormat),
    )
    .addOption(
      new Option('--drain-timeout <duration>', 'how long requests may take to end after SIGTERM')
        .env('OUTRIGGER_DRAIN_TIMEOUT')
        .default(drainTimeout),
    )
}

const configOption = (): Option =>
  new Option('-c, --config <file>', 'the routing file').env('OUTRIGGER_CONFIG').default('routing.yaml')

/** An option that may be repeated. */
const several = (value: string, before: readonly string[]): readonly string[] => [...before, value]

function addServe(root: Command): void {
  const command = root
    .command('serve')
    .description('run the relay')
    .addOption(configOption())
    .addOption(
      new Option('--workers <n>', 'processes that share the port, for central use').env('OUTRIGGER_WORKERS').default('1'),
    )
    .addHelpText(
      'after',
      examples(
        'outrigger serve -c routing.yaml',
        'OUTRIGGER_LISTEN=:7070 outrigger serve -c /etc/outrigger/routing.yaml --workers 4',
      ),
    )
  withRunFlags(command, 'json', '25s').action(
    finish(async (options: ServeOptions) => (await import('./serve.ts')).serve(options)),
  )
}

function addDemo(root: Command): void {
  const described = root
    .command('demo')
    .description('run the relay on built-in mock providers, one of which fails now and then; no keys needed')
    .addHelpText('after', examples('outrigger demo', 'outrigger demo --listen 127.0.0.1:8080 --admin 127.0.0.1:8081'))
  withRunFlags(described, 'pretty', '5s').action(
    finish(async (options: DemoOptions) => (await import('./demo.ts')).demo(options)),
  )
}

function addCheck(root: Command): void {
  root
    .command('check')
    .description('print every problem of a routing file')
    .argument('<file>', 'the routing file')
    .option('--strict', 'an unset secret is a problem too', false)
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('outrigger check routing.yaml', 'outrigger check --strict --json routing.yaml'))
    .option('--connect', 'ask the Redis server of `state`, too', false)
    .action(finish(async (file: string, options: CheckOptions) => (await import('./check.ts')).check(file, options)))
}

function addSchema(root: Command): void {
  root
    .command('schema')
    .description('print the JSON Schema of the routing file')
    .addHelpText('after', examples('outrigger schema > routing.schema.json'))
    .action(finish(async () => (await import('./schema.ts')).schema()))
}

function addExplain(root: Command): void {
  root
    .command('explain')
    .description('print the plan that a request would get: targets in order, each with its reason')
    .addOption(configOption())
    .requiredOption('--model <name>', 'the model asked for')
    .option('--tier <tier>', 'as in x-outrigger-tier')
    .addOption(new Option('--priority <priority>', 'as in x-outrigger-priority').choices(['low', 'normal', 'high']))
    .option('--tag <tag>', 'a or k=v; may be repeated', several, [])
    .option('--max-cost <usd>', 'USD for the request')
    .option('--input-tokens <n>', 'length of the prompt')
    .option('--output-tokens <n>', 'limit of the answer')
    .option('--needs <list>', 'tools, vision, audio, files, json_schema, reasoning')
    .option('--header <header>', 'name: value, for rules on headers; may be repeated', several, [])
    .option('--client <name>', 'the virtual key that asks')
    .option('--user <id>', 'the end user, where callers stay with their target')
    .option('--stream', 'the answer is to be streamed', false)
    .option('--admin <url>', 'ask a running relay, with its live health')
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      examples(
        'outrigger explain -c routing.yaml --model smart --tier free --input-tokens 2000',
        "outrigger explain --model smart --header 'x-team: legal' --needs tools,vision",
        'outrigger explain --model smart --admin 127.0.0.1:7071   # with the health of a running relay',
      ),
    )
    .action(finish(async (options: ExplainOptions) => (await import('./explain.ts')).explain(options)))
}

function addMock(root: Command): void {
  root
    .command('mock')
    .description('run the mock providers alone, in all dialects')
    .addOption(new Option('--listen <address>', 'host:port').env('OUTRIGGER_MOCK_LISTEN').default('127.0.0.1:7080'))
    .option('--faults <file>', 'what goes wrong: a YAML fault plan')
    .addHelpText('after', examples('outrigger mock --listen 127.0.0.1:7080 --faults faults.yaml'))
    .action(finish(async (options: { listen: string; faults?: string }) => (await import('./mock.ts')).mock(options)))
}

const forceOption = (): Option => new Option('--force', 'write over a file that is there').default(false)

function addInit(root: Command): void {
  root
    .command('init')
    .description('write a starter routing file from the API keys in the environment')
    .option('-o, --output <file>', 'the file to write; - prints it', 'routing.yaml')
    .addOption(forceOption())
    .option('--json', 'what was written, as JSON', false)
    .addHelpText('after', examples('OPENAI_API_KEY=… outrigger init', 'outrigger init -o - --json'))
    .action(finish(async (options: InitOptions) => (await import('./init.ts')).init(options)))
}

function addImport(root: Command): void {
  root
    .command('import')
    .description('convert the configuration of another gateway')
    .addHelpText('after', examples('outrigger import litellm config.yaml -o routing.yaml'))
    .command('litellm')
    .description('convert a LiteLLM proxy config; what has no counterpart is told with its line')
    .argument('<file>', "LiteLLM's config.yaml")
    .option('-o, --output <file>', 'the file to write; - prints it', '-')
    .addOption(forceOption())
    .option('--json', 'the file and what is told of it, as JSON', false)
    .addHelpText('after', examples('outrigger import litellm config.yaml -o routing.yaml'))
    .action(finish(async (file: string, options: ImportOptions) => (await import('./import.ts')).importLitellm(file, options)))
}

function addDrill(root: Command): void {
  root
    .command('drill')
    .description('try every fault on every route of the routing file, with mock providers in place of its own; no keys needed')
    .addOption(configOption())
    .option('--route <name>', 'only this key of `models`; may be repeated', several, [])
    .option('--fault <name>', 'only this fault; may be repeated', several, [])
    .option('--dialect <name>', 'what the client speaks', 'openai-chat')
    .option('--timeout <duration>', 'how long the client waits', '5m')
    .option('--untold', 'the client does not say how long it waits (x-outrigger-timeout)', false)
    .option('--speed <n>', 'how many times faster than life time passes', '10')
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      `
Verdicts: rescued, clean error, truncated, hung, garbled. The exit code is 0 when every request was rescued, or ended with a clean
error where nobody else could answer it; else 1.

Examples:
  $ outrigger drill -c routing.yaml --timeout 60s --json   # for CI
  $ outrigger drill -c routing.yaml --route smart --fault silent_before`,
    )
    .action(finish(async (options: DrillFlags) => (await import('./drill.ts')).runDrill(options)))
}

function addReplay(root: Command): void {
  root
    .command('replay')
    .description('what another routing file would have done with logged traffic: share, cost and latency by target')
    .argument('<log>', 'the relay\u2019s log in JSON lines; - reads standard input')
    .addOption(configOption())
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      examples('outrigger replay access.jsonl -c new.yaml', 'kubectl logs relay | outrigger replay - -c new.yaml --json'),
    )
    .action(finish(async (file: string, options: ReplayOptions) => (await import('./replay.ts')).replayLog(file, options)))
}

function addUsage(root: Command): void {
  root
    .command('usage')
    .description('what clients, routes and targets used, from the access log: tokens and money')
    .argument('<log>', 'the relay\u2019s log in JSON lines; - reads standard input')
    .option('--by <fields>', `a list of ${usageFields.join(', ')}`, 'day,client')
    .option('--json', 'a JSON line for each group', false)
    .addHelpText('after', examples('outrigger usage access.jsonl --by client,target'))
    .action(finish(async (file: string, options: UsageOptions) => (await import('./usage.ts')).usage(file, options)))
}

function addKey(root: Command): void {
  root
    .command('key')
    .description('virtual keys of `clients`')
    .addHelpText('after', examples('outrigger key new --name web'))
    .command('new')
    .description('make a key: prints it once, and what stands for it in the routing file')
    .option('--name <name>', 'the name of the client')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('outrigger key new --name web'))
    .action(finish(async (options: KeyOptions) => (await import('./key.ts')).keyNew(options)))
}

const adminOption = (): Option =>
  new Option('--admin <url>', "the relay's admin port").env('OUTRIGGER_ADMIN').default('127.0.0.1:7071')

function addStatus(root: Command): void {
  root
    .command('status')
    .description('show how a running relay does: what fails since when, targets, alerts, failovers')
    .addOption(adminOption())
    .option('--json', 'as JSON', false)
    .option('--watch', 'again each second, until Ctrl-C', false)
    .addHelpText('after', examples('outrigger status --watch', 'outrigger status --admin 10.0.0.7:7071 --json'))
    .action(finish(async (options: StatusOptions) => (await import('./status.ts')).status(options)))
}

function addHealthcheck(root: Command): void {
  root
    .command('healthcheck')
    .description('exit code for a container HEALTHCHECK: 0 when the relay is ready')
    .addOption(adminOption())
    .addHelpText('after', examples('outrigger healthcheck --admin 127.0.0.1:7071'))
    .action(finish(async (options: { admin: string }) => (await import('./healthcheck.ts')).healthcheck(options)))
}

function addCompletion(root: Command): void {
  root
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples('source <(outrigger completion bash)', 'outrigger completion fish > ~/.config/fish/completions/outrigger.fish'),
    )
    .action(finish(async (shell: string) => (await import('./completion.ts')).completion(shell, program(undefined))))
}

/** A command gives its exit code; undefined means that it goes on running. */
function finish<Arguments extends readonly unknown[]>(
  command: (...args: Arguments) => number | undefined | Promise<number | undefined>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    const code = await command(...args)
    if (code !== undefined) process.exitCode = code
  }
}
