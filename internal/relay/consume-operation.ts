import type { OperationCall } from '#dialect/operation.ts'
import { parseJson } from '#lib/json.ts'
import type { ResponseHeaders } from '#upstream/call.ts'
import type { Consumer, ConsumerPort } from './consumer.ts'
import type { ClientPort } from './exchange.ts'

export type OperationContext = {
  readonly call: OperationCall
  readonly client: ClientPort
  readonly headers: ResponseHeaders
  /** Begins the client's answer: what comes from here on cannot be taken back. */
  readonly begin: (contentType: string) => void
  readonly maxBytes: number
}

/** A JSON answer is read whole and judged; sound and events pass as they come. A page of HTML is no answer to anything. */
export function consumeOperation(context: OperationContext, port: ConsumerPort): Consumer {
  const type = context.headers['content-type'] ?? 'application/octet-stream'
  const readsWhole = /^application\/(?:[\w.+-]+\+)?json/i.test(type) || /^text\/html/i.test(type)
  return readsWhole || context.call.jsonOnly === true ? readWhole(context, port) : passOn(context, type, port)
}

function readWhole({ call, maxBytes }: OperationContext, port: ConsumerPort): Consumer {
  const chunks: Uint8Array[] = []
  let size = 0
  const malformed = (message: string): void =>
    port.settle({ kind: 'failed', failure: { kind: 'malformed', phase: 'body', message } })
  return {
    data(bytes) {
      size += bytes.length
      if (size > maxBytes) return malformed(`the answer is larger than ${maxBytes} bytes`)
      chunks.push(bytes)
      port.life()
    },
    end() {
      const text = Buffer.concat(chunks).toString('utf8')
      const parsed = parseJson(text)
      if (!parsed.ok) return malformed(`the answer is not JSON: ${parsed.error.slice(0, 120)}`)
      const answer = call.answer(parsed.value)
      if (!answer.ok) return port.settle({ kind: 'failed', failure: answer.error })
      const { body, usage } = answer.value
      port.settle({ kind: 'whole', body: body ?? text, usage, model: '' })
    },
  }
}

function passOn({ client, begin }: OperationContext, contentType: string, port: ConsumerPort): Consumer {
  let begun = false
  const beginOnce = (): void => {
    if (begun) return
    begun = true
    begin(contentType)
    port.content()
  }
  return {
    data(bytes) {
      beginOnce()
      port.life()
      if (!client.write(bytes)) port.pause()
    },
    end() {
      beginOnce()
      port.settle({ kind: 'relayed', usage: undefined })
    },
  }
}
