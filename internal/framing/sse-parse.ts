/** One server-sent event; `event` is empty when the stream named none. Several `data:` lines are joined with LF. */
export type SseFrame = { readonly event: string; readonly data: string }

/** Takes bytes as they come and gives frames; `end` gives what an unfinished last frame held. */
export type SseParser = {
  readonly push: (bytes: Uint8Array) => void
  readonly end: () => void
}

/** How the parser gave up: a frame larger than the limit. */
export type SseOverflow = (limitBytes: number) => void

const LF = 10
const CR = 13

/**
 * A parser of `text/event-stream` (WHATWG HTML, section 9.2) that works on bytes, so that a character split over two
 * packets stays whole. Takes LF, CR and CRLF, a byte order mark, comments, a missing space after the colon, and a last
 * frame without its blank line.
 * @param maxFrameBytes a frame that grows beyond it is dropped and reported once; default 32 MiB
 */
export function parseSse(
  onFrame: (frame: SseFrame) => void,
  onOverflow: SseOverflow = () => {},
  maxFrameBytes = 33_554_432,
): SseParser {
  const decoder = new TextDecoder('utf-8')
  const state: ParserState = { rest: '', event: '', data: undefined, afterCr: false, size: 0, overflowed: false }

  const dispatch = (): void => {
    if (state.data !== undefined && !state.overflowed) onFrame({ event: state.event, data: state.data })
    state.event = ''
    state.data = undefined
    state.size = 0
    state.overflowed = false
  }
  const line = (text: string): void => {
    if (text === '') return dispatch()
    state.size += text.length
    if (state.size > maxFrameBytes) {
      if (!state.overflowed) onOverflow(maxFrameBytes)
      state.overflowed = true
      return
    }
    readField(text, state)
  }
  return {
    push(bytes) {
      splitLines(decoder.decode(bytes, { stream: true }), state, line)
      if (state.size + state.rest.length > maxFrameBytes) {
        if (!state.overflowed) onOverflow(maxFrameBytes)
        state.overflowed = true
        // A line without an end must not fill our memory; `:` makes a comment of what is still to come of it.
        state.rest = ':'
      }
    },
    end() {
      splitLines(decoder.decode(), state, line)
      if (state.rest !== '') line(state.rest)
      state.rest = ''
      dispatch()
    },
  }
}

type ParserState = {
  rest: string
  event: string
  data: string | undefined
  afterCr: boolean
  size: number
  overflowed: boolean
}

function readField(text: string, state: ParserState): void {
  // By far the commonest line, read in one step.
  if (state.data === undefined && text.startsWith('data: ')) {
    state.data = text.slice(6)
    return
  }
  const colon = text.indexOf(':')
  if (colon === 0) return
  const name = colon < 0 ? text : text.slice(0, colon)
  let value = colon < 0 ? '' : text.slice(colon + 1)
  if (value.startsWith(' ')) value = value.slice(1)
  if (name === 'data') state.data = state.data === undefined ? value : `${state.data}\n${value}`
  else if (name === 'event') state.event = value
}

/** Cuts the text at CR, LF and CRLF. A CR at the very end counts at once; the LF that may follow in the next packet is skipped. */
function splitLines(chunk: string, state: ParserState, line: (text: string) => void): void {
  if (chunk === '') return
  let text = state.afterCr && chunk.charCodeAt(0) === LF ? chunk.slice(1) : chunk
  state.afterCr = chunk.charCodeAt(chunk.length - 1) === CR
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
  let start = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
    line(state.rest === '' ? text.slice(start, at) : state.rest + text.slice(start, at))
    state.rest = ''
    start = at + 1
  }
  state.rest += text.slice(start)
}
