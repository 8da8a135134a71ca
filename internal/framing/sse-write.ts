/** A frame without an event name: OpenAI Chat, Gemini. `data` must hold no line break. */
export function dataFrame(data: string): string {
  return `data: ${data}\n\n`
}

/** A frame with an event name: Anthropic, OpenAI Responses. */
export function eventFrame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`
}

/** A comment, which every client skips. Line breaks in the text are replaced, since they would end it. */
export function commentFrame(text: string): string {
  return `: ${text.replace(/[\r\n]+/g, ' ')}\n\n`
}
