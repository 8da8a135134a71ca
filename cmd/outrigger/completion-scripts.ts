/** An option, as a shell needs to know it. */
export type OptionFacts = {
  /** `-c` and `--config`. */
  readonly names: readonly string[]
  readonly description: string
  readonly takes: 'nothing' | 'file' | 'word'
  /** The values that it may have; empty when any. */
  readonly choices: readonly string[]
}

export type CommandFacts = {
  readonly name: string
  readonly description: string
  readonly options: readonly OptionFacts[]
  /** What may stand behind it: names of subcommands, words of an argument. */
  readonly words: readonly string[]
  readonly subcommands: readonly CommandFacts[]
  readonly takesFile: boolean
}

/** All options of a command and of what stands behind it. */
function optionsOf({ options, subcommands }: CommandFacts): readonly OptionFacts[] {
  return [...options, ...subcommands.flatMap(optionsOf)]
}

function takesFile(command: CommandFacts): boolean {
  return command.takesFile || command.subcommands.some(takesFile)
}

/** For `source <(outrigger completion bash)`. */
export function bashScript(commands: readonly CommandFacts[]): string {
  const cases = commands.map((command) => {
    const options = optionsOf(command)
    const valued = options
      .filter(({ takes }) => takes !== 'nothing')
      .map(({ names, takes, choices }) => {
        const reply = takes === 'file' ? '-f' : `-W "${choices.join(' ')}"`
        return `        ${names.join('|')}) COMPREPLY=($(compgen ${reply} -- "$cur")); return ;;`
      })
    const words = [...options.flatMap(({ names }) => names), '--help'].join(' ')
    const others = `$(compgen -W "${command.words.join(' ')}" -- "$cur")${takesFile(command) ? ' $(compgen -f -- "$cur")' : ''}`
    return `    ${command.name})
      case "$prev" in
${valued.join('\n')}
      esac
      if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "${words}" -- "$cur"))
      else COMPREPLY=(${others}); fi ;;`
  })
  return `# bash completion of outrigger; in ~/.bashrc: source <(outrigger completion bash)
_outrigger() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _outrigger outrigger`
}

/** For `source <(outrigger completion zsh)`, or as a file `_outrigger` in $fpath. */
export function zshScript(commands: readonly CommandFacts[]): string {
  const plain = (text: string): string => text.replaceAll(/['[\]:\\]/g, ' ')
  const spec = ({ names, description, takes, choices }: OptionFacts): readonly string[] =>
    names.map((name) => {
      const value = takes === 'nothing' ? '' : takes === 'file' ? ':file:_files' : `:value:(${choices.join(' ')})`
      return `'*${name}[${plain(description)}]${value}'`
    })
  const cases = commands.map((command) => {
    const words = command.words.length === 0 ? '' : ` '1:word:(${command.words.join(' ')})'`
    const files = takesFile(command) ? " '*:file:_files'" : ''
    return `    ${command.name}) _arguments ${optionsOf(command).flatMap(spec).join(' ')} '--help[show the help]'${words}${files} ;;`
  })
  return `#compdef outrigger
# zsh completion of outrigger; in ~/.zshrc, behind compinit: source <(outrigger completion zsh)
_outrigger() {
  local -a commands=(${commands.map(({ name, description }) => `'${name}:${plain(description)}'`).join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _outrigger outrigger`
}

/** For ~/.config/fish/completions/outrigger.fish. */
export function fishScript(commands: readonly CommandFacts[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap((command) => {
    const on = `-n '__fish_seen_subcommand_from ${command.name}'`
    return [
      `complete -c outrigger -f -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
      ...(command.words.length === 0 ? [] : [`complete -c outrigger ${on} -f -a ${quoted(command.words.join(' '))}`]),
      ...(takesFile(command) ? [`complete -c outrigger ${on} -F`] : []),
      ...optionsOf(command).map(({ names, description, takes, choices }) => {
        const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
        const value =
          takes === 'nothing'
            ? '-f'
            : takes === 'file'
              ? '-r -F'
              : `-x${choices.length === 0 ? '' : ` -a ${quoted(choices.join(' '))}`}`
        return `complete -c outrigger ${on} ${flags.join(' ')} ${value} -d ${quoted(description)}`
      }),
    ]
  })
  return ['# fish completion of outrigger; as ~/.config/fish/completions/outrigger.fish', ...lines].join('\n')
}
