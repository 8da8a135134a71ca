import { Command, CommanderError, Option } from 'commander'
import { usageFields } from '#replay/sum-usage.ts'
import { check } from './check.ts'
import { demo } from './demo.ts'
import { runDrill } from './drill.ts'
import { exitCodes } from './exit.ts'
import { explain } from './explain.ts'
import { healthcheck } from './healthcheck.ts'
import { importLitellm } from './import.ts'
import { init } from './init.ts'
import { keyNew } from './key.ts'
import { mock } from './mock.ts'
import { replayLog } from './replay.ts'
import { schema } from './schema.ts'
import { serve } from './serve.ts'
import { status } from './status.ts'
import { usage } from './usage.ts'
import { version } from './version.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

function program(): Command {
  const root = new Command('outrigger')
    .description('A relay for LLM APIs that runs beside an application: any SDK in, any provider out.')
    .version(version)
    .exitOverride()
  addServe(root)
  addDemo(root)
  addCheck(root)
  addExplain(root)
  addMock(root)
  addDrill(root)
  addKey(root)
  addReplay(root)
  addUsage(root)
  addStart(root)
  addOperators(root)
  return root
}

function withRunFlags(command: Command, logFormat: 'json' | 'pretty', drainTimeout: string): Command {
  return command
    .addOption(new Option('--listen <address>', 'address for clients, over the routing file').env('OUTRIGGER_LISTEN'))
    .addOption(new Option('--admin <address>', 'address for operators, over the routing file').env('OUTRIGGER_ADMIN'))
    .addOption(new Option('--log-level <level>', 'over the routing file').choices(levels).env('OUTRIGGER_LOG_LEVEL'))
    .addOption(new Option('--log-format <format>').choices(['json', 'pretty']).env('OUTRIGGER_LOG_FORMAT').default(logFormat))
    .addOption(
      new Option('--drain-timeout <duration>', 'how long requests may take to end after SIGTERM')
        .env('OUTRIGGER_DRAIN_TIMEOUT')
        .default(drainTimeout),
    )
}

const configOption = (): Option =>
  new Option('-c, --config <file>', 'the routing file').env('OUTRIGGER_CONFIG').default('routing.yaml')

function addServe(root: Command): void {
  const command = root
    .command('serve')
    .description('run the relay')
    .addOption(configOption())
    .addOption(
      new Option('--workers <n>', 'processes that share the port, for central use').env('OUTRIGGER_WORKERS').default('1'),
    )
  withRunFlags(command, 'json', '25s').action(finish(serve))
}

function addDemo(root: Command): void {
  const described = root
    .command('demo')
    .description('run the relay on built-in mock providers, one of which fails now and then; no keys needed')
  withRunFlags(described, 'pretty', '5s').action(finish(demo))
}

function addCheck(root: Command): void {
  root
    .command('check')
    .description('print every problem of a routing file')
    .argument('<file>')
    .option('--strict', 'an unset secret is a problem too', false)
    .action(finish((file: string, options: { strict: boolean }) => check(file, options)))
  root
    .command('schema')
    .description('print the JSON Schema of the routing file')
    .action(finish(() => schema()))
}

function addExplain(root: Command): void {
  root
    .command('explain')
    .description('print the plan that a request would get: targets in order, each with its reason')
    .addOption(configOption())
    .requiredOption('--model <name>', 'the model asked for')
    .option('--tier <tier>')
    .addOption(new Option('--priority <priority>').choices(['low', 'normal', 'high']))
    .option('--tag <tag>', 'a or k=v; may be repeated', (tag: string, tags: readonly string[]) => [...tags, tag], [])
    .option('--max-cost <usd>', 'USD for the request')
    .option('--input-tokens <n>')
    .option('--output-tokens <n>')
    .option('--needs <list>', 'tools, vision, audio, files, json_schema, reasoning')
    .option('--admin <url>', 'ask a running relay, with its live health')
    .option('--json', 'as JSON', false)
    .action(finish(explain))
}

function addMock(root: Command): void {
  root
    .command('mock')
    .description('run the mock providers alone, in all dialects')
    .addOption(new Option('--listen <address>').env('OUTRIGGER_MOCK_LISTEN').default('127.0.0.1:7080'))
    .option('--faults <file>', 'what goes wrong: a YAML fault plan')
    .action(finish(mock))
}

function addStart(root: Command): void {
  const force = (): Option => new Option('--force', 'write over a file that is there').default(false)
  root
    .command('init')
    .description('write a starter routing file from the API keys in the environment')
    .option('-o, --output <file>', 'the file to write; - prints it', 'routing.yaml')
    .addOption(force())
    .addHelpText('after', '\nExample:\n  $ OPENAI_API_KEY=… outrigger init\n  $ outrigger serve -c routing.yaml')
    .action(finish(init))
  root
    .command('import')
    .description('convert the configuration of another gateway')
    .command('litellm')
    .description('convert a LiteLLM proxy config; what has no counterpart is told with its line')
    .argument('<file>')
    .option('-o, --output <file>', 'the file to write; - prints it', '-')
    .addOption(force())
    .option('--json', 'the file and what is told of it, as JSON', false)
    .addHelpText('after', '\nExample:\n  $ outrigger import litellm config.yaml -o routing.yaml')
    .action(finish(importLitellm))
}

function addDrill(root: Command): void {
  const several = (value: string, before: readonly string[]): readonly string[] => [...before, value]
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

Example, for CI:
  $ outrigger drill -c routing.yaml --timeout 60s --json`,
    )
    .action(finish(runDrill))
}

function addReplay(root: Command): void {
  root
    .command('replay')
    .description('what another routing file would have done with logged traffic: share, cost and latency by target')
    .argument('<log>', 'the relay\u2019s log in JSON lines; - reads standard input')
    .addOption(configOption())
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  $ outrigger replay access.jsonl -c new.yaml')
    .action(finish(replayLog))
}

function addUsage(root: Command): void {
  root
    .command('usage')
    .description('what clients, routes and targets used, from the access log: tokens and money')
    .argument('<log>', 'the relay\u2019s log in JSON lines; - reads standard input')
    .option('--by <fields>', `a list of ${usageFields.join(', ')}`, 'day,client')
    .option('--json', 'a JSON line for each group', false)
    .addHelpText('after', '\nExample:\n  $ outrigger usage access.jsonl --by client,target')
    .action(finish(usage))
}

function addKey(root: Command): void {
  root
    .command('key')
    .description('virtual keys of `clients`')
    .command('new')
    .description('make a key: prints it once, and what stands for it in the routing file')
    .option('--name <name>', 'the name of the client')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  $ outrigger key new --name web')
    .action(finish(keyNew))
}

function addOperators(root: Command): void {
  const admin = (): Option =>
    new Option('--admin <url>', "the relay's admin port").env('OUTRIGGER_ADMIN').default('127.0.0.1:7071')
  root
    .command('status')
    .description('show how a running relay does: what fails since when, targets, alerts, failovers')
    .addOption(admin())
    .option('--json', 'as JSON', false)
    .option('--watch', 'again each second, until Ctrl-C', false)
    .action(finish(status))
  root
    .command('healthcheck')
    .description('exit code for a container HEALTHCHECK: 0 when the relay is ready')
    .addOption(admin())
    .action(finish(healthcheck))
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

// No top-level await: the executable's bundle is CommonJS, which alone profits from Node's code cache.
program()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error
    // commander has printed the message; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  })
