import type { Message, Part } from '#canonical/request.ts'

/** The words of a text, each with the white space before it; joined they are the text again. The mock's tokens of output. */
export function wordsOf(text: string): readonly string[] {
  const words = text.match(/\s*\S+/g) ?? []
  const length = words.reduce((total, word) => total + word.length, 0)
  return length === text.length ? words : [...words, text.slice(length)]
}

/** The text that a part says; empty for parts that are none. */
export function textOf(part: Part): string {
  return part.kind === 'text' ? part.text : ''
}

/** The mock's tokens of input: a quarter of the characters, and three for each message. */
export function tokensOf(messages: readonly Message[]): number {
  return messages.reduce((total, message) => total + 3 + message.parts.reduce((sum, part) => sum + partTokens(part), 0), 0)
}

// What a picture, a file or a sound costs, whatever its size.
const mediaTokens = 100

function partTokens(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return Math.ceil(part.text.length / 4)
    case 'tool_call':
      return Math.ceil((part.name.length + part.args.length) / 4)
    case 'tool_result':
      return part.parts.reduce((sum, inner) => sum + partTokens(inner), 0)
    default:
      return mediaTokens
  }
}
