import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Hints } from '#canonical/plan.ts'
import { textRequest } from '#canonical/text-request.ts'
import { asNumbers, type EmbedRequest } from '#dialect/embeddings/embedding.ts'
import { openaiEmbeddings } from '#dialect/embeddings/openai.ts'
import { embedOperation } from '#dialect/embeddings/operation.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseJson } from '#lib/json.ts'
import { piecesOf } from '#lib/slices/pieces.ts'
import type { RelayDeps } from './deps.ts'
import { type ClientPort, type Exchange, ownConversation } from './exchange.ts'
import { relay } from './relay.ts'

/** A text to be made a vector, and on whose account. */
export type EmbedOrder = {
  readonly text: string
  /** As clients name it. */
  readonly model: string
  readonly timeoutMs: number
  readonly requestId: string
  readonly hints: Pick<Hints, 'client' | 'tier' | 'tags'>
}

/** A text as a vector, and the provider's name of the model that made it. */
export type Embedded = { readonly model: string; readonly vector: readonly number[] }

/** Undefined when there is none in time: whoever wants one for convenience does without. */
export type Embedder = (order: EmbedOrder) => Promise<Embedded | undefined>

/**
 * Makes vectors with a model of the relay itself: routed, tried again and told to health like any request. What it takes of a
 * client's limits is what `deps.reserve` says; `ended` hears what it cost.
 */
export function createEmbedder(deps: RelayDeps, ended: (event: RequestEnded) => void): Embedder {
  return async (order) => {
    let answeredBy: string | undefined
    const observe: Observer = (event) => {
      if (event.kind === 'request_ended') {
        answeredBy = event.target?.model
        ended(event)
      } else if (event.kind !== 'request_started') for (const hear of deps.observers) hear(event)
    }
    const request: EmbedRequest = {
      form: 'openai',
      model: order.model,
      inputs: [{ kind: 'text', text: order.text }],
      base64: false,
      raw: { model: order.model, input: [order.text] },
    }
    const answer = collectAnswer()
    await relay(exchangeFor(order, request, answer.port, deps.clock.now()), onlyRouted(deps, observe))
    const body = answer.status() === 200 ? parseJson(answer.text()) : undefined
    const decoded = body?.ok === true ? openaiEmbeddings.decodeAnswer(body.value, request) : undefined
    const vector = decoded?.ok === true ? decoded.value.vectors[0] : undefined
    return vector === undefined || answeredBy === undefined ? undefined : { model: answeredBy, vector: asNumbers(vector) }
  }
}

/** Nothing of it is kept or copied. */
function onlyRouted(deps: RelayDeps, observe: Observer): RelayDeps {
  const { cache: _cache, mirror: _mirror, served: _served, ...rest } = deps
  return { ...rest, observers: [observe] }
}

function exchangeFor(
  { requestId, text, model, timeoutMs, hints }: EmbedOrder,
  request: EmbedRequest,
  client: ClientPort,
  startedMs: number,
): Exchange {
  return {
    requestId,
    dialect: dialectByName('openai-chat'),
    request: textRequest({ dialect: 'openai-chat', model, text, maxOutput: 0 }),
    hints: { ...hints, priority: 'normal', cacheOff: true, headers: {}, timeoutMs },
    ...ownConversation,
    operation: embedOperation(request),
    forward: {},
    client,
    bytesIn: Buffer.byteLength(text),
    startedMs,
  }
}

type CollectedAnswer = { readonly port: ClientPort; readonly status: () => number; readonly text: () => string }

/** Takes the answer in a client's place; it never goes away. */
function collectAnswer(): CollectedAnswer {
  const pieces: Buffer[] = []
  let status = 0
  const take = (piece: string | Uint8Array): void => void pieces.push(Buffer.from(piece))
  return {
    port: {
      head(given) {
        status = given
      },
      write(piece) {
        take(piece)
        return true
      },
      onDrain() {},
      written: () => pieces.reduce((sum, piece) => sum + piece.length, 0),
      end(body = '') {
        for (const piece of piecesOf(body)) take(piece)
      },
      onGone() {},
      abort() {
        status = 0
      },
    },
    status: () => status,
    text: () => Buffer.concat(pieces).toString('utf8'),
  }
}
