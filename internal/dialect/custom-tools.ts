import type { Json, Tool } from '#canonical/request.ts'
import { asObject, asString, compact } from '#lib/json.ts'

/** A tool that takes free text, perhaps held to a grammar. */
export type CustomTool = Extract<Tool, { kind: 'custom' }>

/** The one argument of the function that stands for a custom tool where there is none. It is unwrapped on the way back. */
export const textArgument: Json = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }

/** The description of that function: no model can be held to a grammar there, so it is told in words. */
export function describeCustomTool({ description, format }: CustomTool): string | undefined {
  const grammar = grammarOf(format)
  if (grammar === undefined) return description
  const told = `\`input\` must conform to this ${asString(grammar['syntax']) ?? ''} grammar:\n${asString(grammar['definition']) ?? ''}`
  return description === undefined || description === '' ? told : `${description}\n\n${told}`
}

/** Whether the tool's text must conform to a grammar. */
export function hasGrammar({ format }: CustomTool): boolean {
  return grammarOf(format) !== undefined
}

/** The format as Responses has it, where the grammar stands beside the type. */
export function flatFormat(format: unknown): unknown {
  const grammar = grammarOf(format)
  return grammar === undefined ? format : { ...grammar, type: 'grammar' }
}

/** The format as Chat has it, where the grammar is an object of its own. */
export function nestedFormat(format: unknown): unknown {
  const { type, ...grammar } = grammarOf(format) ?? { type: '' }
  return Object.keys(grammar).length === 0 ? format : { type: 'grammar', grammar }
}

/** Its syntax and definition, in either form. */
function grammarOf(format: unknown): Json | undefined {
  const given = asObject(format)
  return given['type'] === 'grammar' ? compact(asObject(given['grammar'] ?? given)) : undefined
}
