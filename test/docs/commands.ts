import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, pages, root, textOf } from './blocks.ts'

/** A command line that a page tells its reader to type. */
export type Shown = { readonly at: string; readonly program: string; readonly args: readonly string[] }

const shells = new Set(['sh', 'bash', 'console', 'shell'])
/** What stands for outrigger on a developer's machine. */
const aliases: Readonly<Record<string, string>> = { 'dist/outrigger': 'outrigger' }

/** Every command of the pages: the lines of shell blocks, and words in the text that begin with a program's name. */
export function shownCommands(programs: readonly string[]): readonly Shown[] {
  return pages().flatMap((file) => [...inBlocks(file), ...inText(file, programs)])
}

function inBlocks(file: string): readonly Shown[] {
  return blocksOf(file)
    .filter(({ language }) => shells.has(language))
    .flatMap(({ line, language, text }) => {
      const joined = text.replaceAll('\\\n', ' ').split('\n')
      // Of a session the lines with a prompt are typed; the others are its answer.
      const typed = language === 'console' ? joined.flatMap((one) => (one.startsWith('$ ') ? [one.slice(2)] : [])) : joined
      return typed.flatMap((one) => commandOf(one, `${file}:${line}`) ?? [])
    })
}

function inText(file: string, programs: readonly string[]): readonly Shown[] {
  const text = textOf(file).replace(/^\s*```[\s\S]*?^\s*```/gm, (block) => block.replace(/[^\n]/g, ''))
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/`([^`]+)`/g)].flatMap(([, words = '']) => {
      const command = commandOf(words.replaceAll('\\|', '|'), `${file}:${index + 1}`)
      return command !== undefined && programs.includes(command.program) && command.args.length > 0 ? [command] : []
    }),
  )
}

function commandOf(line: string, at: string): Shown | undefined {
  const words = wordsOf(line)
  const [first = '', ...rest] = words
  if (first === '' || first.startsWith('#')) return undefined
  const [main = '', ...behind] = rest
  if (first === 'node' && main === 'cmd/outrigger/main.ts') return { at, program: 'outrigger', args: behind }
  return { at, program: aliases[first] ?? first, args: rest }
}

/** As a shell splits them, without what it does not hand over: comments, and the sign that sends a program to the background. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/'[^']*'|"[^"]*"|[^\s'"]+(?:=(?:'[^']*'|"[^"]*"))?/g) ?? []
  const comment = words.findIndex((word, index) => index > 0 && word.startsWith('#'))
  const bare = comment < 0 ? words : words.slice(0, comment)
  return bare.filter((word) => word !== '&').map((word) => word.replace(/^(['"])(.*)\1$/, '$2'))
}

/** The targets of the Makefile. */
export function makeTargets(): ReadonlySet<string> {
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
  return new Set([...makefile.matchAll(/^([a-z-]+):/gm)].map(([, name = '']) => name))
}

/** Of each subcommand the options that it takes, out of the script that completes them. */
export function optionsOf(completion: string): ReadonlyMap<string, ReadonlySet<string>> {
  const cases = completion.matchAll(/^ {4}(\w+)\)$([\s\S]*?)\n {6}else .*;;$/gm)
  return new Map(
    [...cases].map(([, name = '', body = '']) => {
      const words = /"\$cur" == -\* \]\]; then COMPREPLY=\(\$\(compgen -W "([^"]*)"/.exec(body)?.[1] ?? ''
      return [name, new Set(words.split(' '))]
    }),
  )
}
