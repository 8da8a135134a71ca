import type { Message, Part, Request, Tool } from '#canonical/request.ts'

// English text has about four characters a token, other scripts fewer; JSON about three.
const charactersPerToken = 3.7
/** An image of ordinary size, at any of the vendors. */
const tokensPerImage = 1000
const tokensPerMessage = 4

/**
 * About how many tokens the prompt has; within a quarter for ordinary text. It decides who may be asked and what a request
 * would cost, never what is charged.
 */
export function estimateInput(request: Request): number {
  let tokens = 0
  for (const message of request.messages) tokens += messageTokens(message)
  for (const tool of request.tools) tokens += toolTokens(tool)
  return Math.ceil(tokens)
}

// What a caller who sets no limit gets on average.
const usualOutput = 500

/**
 * About how many tokens the answer will have: not more than the limit, usually far fewer. `usual`: what answers of the route have on
 * average, where that is known.
 */
export function estimateOutput(request: Request, usual?: number): number {
  const limit = request.params.maxOutput
  if (usual !== undefined) return Math.min(limit ?? Number.POSITIVE_INFINITY, usual)
  return Math.min(limit ?? usualOutput, usualOutput * 4)
}

/** About how many tokens the description of a tool takes. */
export function toolTokens(tool: Tool): number {
  return tool.kind === 'builtin' ? 50 : (tool.description ?? '').length / charactersPerToken + schemaTokens(tool)
}

function schemaTokens(tool: Exclude<Tool, { kind: 'builtin' }>): number {
  return tool.kind === 'function' && tool.schema !== undefined ? JSON.stringify(tool.schema).length / charactersPerToken : 10
}

/** About how many tokens a message takes. */
export function messageTokens({ parts }: Message): number {
  return parts.reduce((sum, part) => sum + partTokens(part), tokensPerMessage)
}

function partTokens(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text.length / charactersPerToken
    case 'image':
      return tokensPerImage
    case 'audio':
    case 'file':
      // Base64 of a PDF page is about 50 KB, which is about 1,500 tokens.
      return part.source.kind === 'base64'
        ? Math.max(500, part.source.data.length / 33)
        : part.source.kind === 'text'
          ? part.source.text.length / charactersPerToken
          : 1500
    case 'tool_call':
      return (part.name.length + part.args.length) / charactersPerToken
    case 'tool_result':
      return part.parts.reduce((sum, inner) => sum + partTokens(inner), tokensPerMessage)
    case 'server_tool':
      return 50
  }
}
