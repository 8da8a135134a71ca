import type { FunctionTool, Json, Tool, ToolChoice } from '#canonical/request.ts'
import { asArray, asObject, compact } from '#lib/json.ts'
import { arrayAt, BadField, objectAt, optionalArray, optionalBoolean, optionalObject, optionalString, stringAt } from '../read.ts'
import { declaredName, qualifiedName, scopedNameIn } from './names.ts'

/** All tools the model may call: the request's own, and those that items of the conversation brought along. */
export function readTools(body: Json): readonly Tool[] {
  const own = readList(optionalArray(body['tools'], 'tools') ?? [], 'tools')
  const known = new Set(own.map(keyOf))
  const brought = asArray(body['input'])
    .flatMap((item, index) => toolsIn(asObject(item), `input[${index}]`))
    .filter((tool) => !known.has(keyOf(tool)) && known.add(keyOf(tool)))
  return brought.length === 0 ? own : [...own, ...brought]
}

function keyOf(tool: Tool): string {
  return tool.kind === 'builtin' ? `builtin ${JSON.stringify(tool.raw)}` : tool.name
}

/** `additional_tools` adds to the tools from there on; a search gives back the tools that it found. */
function toolsIn(item: Json, param: string): readonly Tool[] {
  const { type } = item
  if (type !== 'additional_tools' && type !== 'tool_search_output') return []
  return readList(optionalArray(item['tools'], `${param}.tools`) ?? [], `${param}.tools`)
}

function readList(list: readonly unknown[], param: string, namespace?: string): readonly Tool[] {
  return list.flatMap((tool, index) => readTool(objectAt(tool, `${param}[${index}]`), `${param}[${index}]`, namespace))
}

function readTool(tool: Json, param: string, namespace: string | undefined): readonly Tool[] {
  const type = stringAt(tool['type'], `${param}.type`)
  switch (type) {
    case 'function':
      return [readFunction(tool, param, namespace)]
    case 'custom': {
      const name = qualifiedName(scopedNameIn(stringAt(tool['name'], `${param}.name`), namespace))
      const description = optionalString(tool['description'], `${param}.description`)
      return [compact({ kind: 'custom', name, description, format: tool['format'], namespace })]
    }
    case 'namespace': {
      if (namespace !== undefined) throw new BadField(`${param}.type`, 'must be function or custom within a namespace')
      const name = stringAt(tool['name'], `${param}.name`)
      if (name === '') throw new BadField(`${param}.name`, 'must not be empty')
      return readList(arrayAt(tool['tools'], `${param}.tools`), `${param}.tools`, name)
    }
    default:
      return [{ kind: 'builtin', type, vendor: 'openai', raw: tool }]
  }
}

function readFunction(tool: Json, param: string, namespace: string | undefined): FunctionTool {
  return compact({
    kind: 'function',
    name: qualifiedName(scopedNameIn(stringAt(tool['name'], `${param}.name`), namespace)),
    description: optionalString(tool['description'], `${param}.description`),
    schema: optionalObject(tool['parameters'], `${param}.parameters`),
    strict: optionalBoolean(tool['strict'], `${param}.strict`),
    namespace,
  })
}

export function readToolChoice(body: Json, tools: readonly Tool[]): ToolChoice | undefined {
  const choice = body['tool_choice']
  if (choice === undefined || choice === null) return undefined
  if (typeof choice === 'string') {
    if (choice === 'auto' || choice === 'none' || choice === 'required') return { mode: choice }
    throw new BadField('tool_choice', 'must be auto, none, required or an object')
  }
  const given = objectAt(choice, 'tool_choice')
  if (given['type'] !== 'allowed_tools') return { mode: 'one', names: namesIn(given, 'tool_choice', tools) }
  const names = arrayAt(given['tools'], 'tool_choice.tools').flatMap((tool, index) =>
    namesIn(objectAt(tool, `tool_choice.tools[${index}]`), `tool_choice.tools[${index}]`, tools),
  )
  return { mode: given['mode'] === 'required' ? 'required' : 'auto', names }
}

/** A tool that runs at the provider has no name: it is chosen by its type. A namespace stands for all that is in it. */
function namesIn(tool: Json, param: string, tools: readonly Tool[]): readonly string[] {
  const type = stringAt(tool['type'], `${param}.type`)
  switch (type) {
    case 'function':
    case 'custom':
      return [declaredName(tools, scopedNameIn(stringAt(tool['name'], `${param}.name`), tool['namespace']))]
    case 'namespace': {
      const namespace = stringAt(tool['name'], `${param}.name`)
      return tools.flatMap((known) => (known.kind !== 'builtin' && known.namespace === namespace ? [known.name] : []))
    }
    default:
      return [type]
  }
}
