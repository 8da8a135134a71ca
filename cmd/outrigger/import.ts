import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { loadText } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { convertLitellm } from '#convert/litellm.ts'
import type { Remark } from '#convert/source.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type ImportOptions = { readonly output: string; readonly force: boolean; readonly json: boolean }

/** The values are not here yet; what they will be does not matter to the file's form, as long as they have the right one. */
const anyEnvironment = {
  env: new Proxy<Record<string, string>>({}, { get: (_, name) => placeholder(String(name)) }),
  readFile: (path: string) => path,
}

function placeholder(name: string): string {
  if (/PORT/i.test(name)) return '1'
  return /BASE|URL|ENDPOINT/i.test(name) ? 'http://localhost' : 'value'
}

/** `outrigger import litellm FILE`: the file as a routing file; what has no counterpart goes to standard error, a line each. */
export function importLitellm(file: string, { output, force, json }: ImportOptions): number {
  const text = read(file)
  if (text === undefined) return exitCodes.failed
  const converted = convertLitellm(text)
  if (!converted.ok) {
    tell(file, converted.error)
    return exitCodes.failed
  }
  const { text: routing, remarks } = converted.value
  if (json) print(JSON.stringify({ routing, remarks: remarks.map((remark) => ({ file, ...remark })) }))
  else tell(file, remarks)
  const loaded = loadText(routing, { path: output === '-' ? 'routing.yaml' : output, sources: anyEnvironment })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.failed
  }
  return json ? exitCodes.ok : write(output, routing, force)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    complain(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function tell(file: string, remarks: readonly Remark[]): void {
  for (const { line, column, message } of remarks) complain(`${file}:${line}:${column}: ${message}`)
}

function write(output: string, text: string, force: boolean): number {
  if (output === '-') {
    print(text.trimEnd())
    return exitCodes.ok
  }
  if (existsSync(output) && !force) {
    complain(`${output} is there already: give another name with -o, or --force to write over it`)
    return exitCodes.failed
  }
  writeFileSync(output, text)
  print(`${output} is written. Next: outrigger check ${output}`)
  return exitCodes.ok
}
