import type { Command, Option } from 'commander'
import { bashScript, type CommandFacts, fishScript, type OptionFacts, zshScript } from './completion-scripts.ts'
import { exitCodes } from './exit.ts'
import { print } from './terminal.ts'

const writers: Readonly<Record<string, (commands: readonly CommandFacts[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** `outrigger completion SHELL`: a script for the shell, made from the commands themselves. */
export function completion(shell: string, root: Command): number {
  print((writers[shell] ?? bashScript)(root.commands.map(factsOf)))
  return exitCodes.ok
}

function factsOf(command: Command): CommandFacts {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.map(optionOf),
    words: [
      ...command.commands.map((inner) => inner.name()),
      ...command.registeredArguments.flatMap((given) => given.argChoices ?? []),
    ],
    subcommands: command.commands.map(factsOf),
    takesFile: command.registeredArguments.some((given) => fileWords.has(given.name())),
  }
}

const fileWords: ReadonlySet<string> = new Set(['file', 'log'])

function optionOf({ short, long, description, argChoices, flags }: Option): OptionFacts {
  const takes = /<(\w+)>/.exec(flags)?.[1]
  return {
    names: [short, long].flatMap((name) => name ?? []),
    description,
    takes: takes === undefined ? 'nothing' : fileWords.has(takes) ? 'file' : 'word',
    choices: argChoices ?? [],
  }
}
