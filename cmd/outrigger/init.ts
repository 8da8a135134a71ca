import { existsSync, writeFileSync } from 'node:fs'
import { keyVariables, writeStarter } from '#convert/starter.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type InitOptions = { readonly output: string; readonly force: boolean; readonly json: boolean }

/** `outrigger init`: a starter file from the keys in the environment. Asks nothing. `-o -` prints it. */
export function init({ output, force, json }: InitOptions): number {
  const starter = writeStarter(process.env)
  if (starter === undefined) {
    complain('no API key of a provider is set. Set one of these variables and run it again:')
    complain([...keyVariables()].map(([type, [name]]) => `  ${name} (${type})`).join('\n'))
    complain('Without keys, `outrigger demo` runs on built-in mock providers.')
    return exitCodes.failed
  }
  const { providers, text } = starter
  if (output === '-') {
    print(json ? JSON.stringify({ providers, text }) : text)
    return exitCodes.ok
  }
  if (existsSync(output) && !force) {
    complain(`${output} is there already: give another name with -o, or --force to write over it`)
    return exitCodes.failed
  }
  try {
    writeFileSync(output, text)
  } catch (error) {
    complain(`${output} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    return exitCodes.failed
  }
  if (json) {
    print(JSON.stringify({ file: output, providers }))
    return exitCodes.ok
  }
  print(`${output}: ${providers.join(', ')}`)
  print(`next: outrigger check ${output} && outrigger serve -c ${output}`)
  return exitCodes.ok
}
