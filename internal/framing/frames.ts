import { parseEventStream } from './event-stream.ts'
import { parseSse, type SseFrame, type SseParser } from './sse-parse.ts'

/** How the events of a stream stand in its bytes. */
export type StreamFraming = 'sse' | 'aws-event-stream'

/** The parser of a framing. `onFault`: the bytes cannot be read any further. */
export function parseFrames(
  framing: StreamFraming,
  onFrame: (frame: SseFrame) => void,
  onFault: (message: string) => void,
): SseParser {
  switch (framing) {
    case 'sse':
      return parseSse(onFrame, (limit) => onFault(`an event is larger than ${limit} bytes`))
    case 'aws-event-stream':
      return parseEventStream(onFrame, onFault)
  }
}

/** What a request for such a stream asks for. */
export const streamTypes: Readonly<Record<StreamFraming, string>> = {
  sse: 'text/event-stream',
  'aws-event-stream': 'application/vnd.amazon.eventstream',
}
