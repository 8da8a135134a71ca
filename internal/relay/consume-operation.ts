import type { OperationCall } from '#dialect/operation.ts'
import { ok } from '#lib/result.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import { consumeJson } from './consume-json.ts'
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

function readWhole({ call, maxBytes, headers }: OperationContext, port: ConsumerPort): Consumer {
  return consumeJson({ maxBytes, headers }, port, (parsed) => {
    if (!parsed.ok) return parsed
    const answer = call.answer(parsed.value)
    if (!answer.ok) return answer
    const { body: written, usage } = answer.value
    return ok({ written, resultOf: (body) => ({ kind: 'whole', body, usage, model: '' }) })
  })
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
