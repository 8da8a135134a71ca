import type { Answer } from '#canonical/answer.ts'
import type { DialectName, Json, Request } from '#canonical/request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import { asArray, asBoolean, asString, isObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { tokensOf, wordsOf } from './counting.ts'
import { geminiEmbedding, geminiEmbeddings, openaiEmbeddings } from './embeddings.ts'
import type { CallFacts, FaultInjector } from './fault-injector.ts'
import type { FaultRule } from './fault-kinds.ts'
import { faultySteps, refusal } from './faulty.ts'
import { type ModelsShape, modelEntry, modelList } from './models.ts'
import type { Recorder } from './recorder.ts'
import { createRouter, firstDialect, type MockRoute, operationOf } from './routes.ts'
import { answerTo } from './script.ts'
import { whyUnsigned } from './signatures.ts'
import { type Sound, type Step, soundAnswer, soundBody, type Tempo, timeline } from './timeline.ts'

/** A provider that the mock plays. */
export type MockProvider = {
  /** What fault plans, statistics and its own greeting call it. */
  readonly name: string
  /** What it speaks; the first one is the shape of errors on paths that belong to none. */
  readonly dialects: readonly Dialect[]
  /** The models it has: others are not found. Default: it has whatever is asked for, and lists `<name>-model`. */
  readonly models?: readonly string[]
  /** The keys it takes: others are refused. Default: any key, or none. */
  readonly keys?: readonly string[]
  /** Refuses what its vendor refuses: reasoning that it did not sign, and tool loops without their own. Default: it takes everything. */
  readonly strict?: boolean
}

/** What the providers of one mock share. */
export type MockWorld = {
  readonly injector: () => FaultInjector
  readonly tempo: () => Tempo
  readonly recorder: Recorder
  /** Counts answers from 1. */
  readonly nextNumber: () => number
  readonly nowSeconds: () => number
}

/** A call that has arrived whole. */
export type IncomingCall = {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** A call that was looked up and parsed. */
type KnownCall = {
  readonly incoming: IncomingCall
  readonly path: string
  readonly query: URLSearchParams
  readonly route: MockRoute | undefined
  readonly dialect: DialectName
  readonly body: Json
  readonly key: string | undefined
}

/** What a provider does with a call: the steps to take on its connection. No I/O. */
export type Responder = (incoming: IncomingCall) => readonly Step[]

/** A provider's side of every call. */
export function createResponder(provider: MockProvider, world: MockWorld): Responder {
  const router = createRouter(provider.dialects)
  return (incoming) => {
    const call = know(incoming, provider, router)
    const request = requestOf(call)
    const facts = factsOf(call, provider.name, request)
    const refused = whyRefused(call, provider, facts, request)
    const rule = refused === undefined ? world.injector().choose(facts) : undefined
    record(world.recorder, call, facts, rule)
    if (refused !== undefined) return refused
    const sound = (): Sound =>
      soundFor({ call, request: request?.ok === true ? request.value : undefined, provider, world, rule })
    const context = { dialect: call.dialect, tempo: world.tempo(), nowSeconds: world.nowSeconds(), sound }
    return rule === undefined ? timeline(sound(), context.tempo) : faultySteps(rule, context)
  }
}

function know(incoming: IncomingCall, provider: MockProvider, router: ReturnType<typeof createRouter>): KnownCall {
  const mark = incoming.url.indexOf('?')
  const path = mark < 0 ? incoming.url : incoming.url.slice(0, mark)
  const query = new URLSearchParams(mark < 0 ? '' : incoming.url.slice(mark + 1))
  const route = router(incoming.method, path)
  const parsed = incoming.body === '' ? undefined : parseJson(incoming.body)
  const body = parsed?.ok === true && isObject(parsed.value) ? parsed.value : {}
  const dialect = route !== undefined && 'dialect' in route ? route.dialect.name : firstDialect(provider.dialects)
  return { incoming, path, query, route, dialect, body, key: keyOf(incoming.headers, query) }
}

/** The key that a call shows, wherever its dialect puts it. */
function keyOf(headers: IncomingCall['headers'], query: URLSearchParams): string | undefined {
  const bearer = headers['authorization']?.replace(/^Bearer\s+/i, '')
  return headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['api-key'] ?? bearer ?? query.get('key') ?? undefined
}

/** The request of a generation in its canonical form; undefined for other calls. */
function requestOf(call: KnownCall): Result<Request, string> | undefined {
  const { route, incoming, path, query, body } = call
  if (route === undefined || !('dialect' in route)) return undefined
  if (incoming.body === '' || (Object.keys(body).length === 0 && incoming.body.trim() !== '{}'))
    return err('the body is no JSON object')
  const counted = route.operation === 'count_tokens' ? { max_tokens: 1, ...body } : body
  const model = route.pathModel === undefined ? {} : { pathModel: route.pathModel }
  const decoded = route.dialect.decodeRequest({ path, ...model, query, headers: incoming.headers, body: counted })
  return decoded.ok ? ok(decoded.value) : err(decoded.error.message)
}

function factsOf(call: KnownCall, provider: string, request: Result<Request, string> | undefined): CallFacts {
  const decoded = request?.ok === true ? request.value : undefined
  const model = decoded?.model ?? asString(call.body['model']) ?? pathModelOf(call.route)
  return {
    provider,
    operation: operationOf(call.route),
    stream: decoded?.stream ?? asBoolean(call.body['stream']) ?? false,
    ...(call.route !== undefined && 'dialect' in call.route ? { dialect: call.dialect } : {}),
    ...(model === undefined ? {} : { model }),
    ...(call.key === undefined ? {} : { key: call.key }),
  }
}

function pathModelOf(route: MockRoute | undefined): string | undefined {
  return route !== undefined && 'pathModel' in route ? route.pathModel : undefined
}

/** What any provider refuses, faults or not: an unknown path, key or model, a body that makes no request. */
function whyRefused(
  call: KnownCall,
  provider: MockProvider,
  facts: CallFacts,
  request: Result<Request, string> | undefined,
): readonly Step[] | undefined {
  if (call.route === undefined) {
    const message = `The mock has nothing at ${call.incoming.method} ${call.path}.`
    return refusal(call, { status: 404, complaint: 'not_found', message })
  }
  const isOpen = call.route.operation === 'health'
  if (!isOpen && provider.keys !== undefined && !provider.keys.includes(call.key ?? '')) {
    return refusal(call, { status: 401, complaint: 'auth' })
  }
  const unsigned = provider.strict === true && request?.ok === true ? whyUnsigned(request.value, provider.name) : undefined
  if (unsigned !== undefined) return refusal(call, { status: 400, complaint: 'invalid_request', message: unsigned })
  if (request?.ok === false) return refusal(call, { status: 400, complaint: 'invalid_request', message: request.error })
  if (provider.models !== undefined && facts.model !== undefined && !provider.models.includes(facts.model)) {
    return refusal(call, { status: 404, complaint: 'not_found', message: `The model ${facts.model} does not exist.` })
  }
  return undefined
}

function record(recorder: Recorder, call: KnownCall, facts: CallFacts, rule: FaultRule | undefined): void {
  const { method, url, headers, body } = call.incoming
  recorder.record({
    provider: facts.provider,
    method,
    path: url,
    headers,
    ...(body === '' ? {} : { body: call.body }),
    operation: facts.operation,
    ...(facts.dialect === undefined ? {} : { dialect: facts.dialect }),
    ...(facts.model === undefined ? {} : { model: facts.model }),
    stream: facts.stream,
    ...(rule === undefined ? {} : { fault: rule.kind }),
  })
}

type Scene = {
  readonly call: KnownCall
  readonly request: Request | undefined
  readonly provider: MockProvider
  readonly world: MockWorld
  readonly rule: FaultRule | undefined
}

/** The answer without a fault; what a rule changes in the answer itself is changed here. */
function soundFor(scene: Scene): Sound {
  const { call, request, provider } = scene
  const route = call.route
  switch (route?.operation) {
    case 'generate':
      return request === undefined ? soundBody({}) : generated(scene, route.dialect, request)
    case 'count_tokens':
      return soundBody(countOf(call.dialect, request))
    case 'embeddings':
      return soundBody(embeddingsOf(route.shape, call.body))
    case 'models':
      return soundBody(modelsOf(call, route, provider))
    case 'health':
      return soundBody({ status: 'ok', provider: provider.name })
    default:
      // Relayed without translation: enough is told to see that everything arrived.
      return soundBody({
        object: 'mock.echo',
        provider: provider.name,
        path: call.incoming.url,
        bytes: Buffer.byteLength(call.incoming.body),
      })
  }
}

function generated(scene: Scene, dialect: Dialect, request: Request): Sound {
  const { world, provider, rule } = scene
  const persona = { provider: provider.name, number: world.nextNumber(), nowSeconds: world.nowSeconds() }
  const stream = request.stream && rule?.kind !== 'not_streamed'
  const answer = changed(answerTo(request, persona), rule, stream)
  const context = { request, requestId: answer.id, nowSeconds: persona.nowSeconds }
  if (rule?.kind === 'empty_choices' && !stream) return soundBody(withoutChoices(dialect.encodeAnswer(answer, context)))
  return soundAnswer(dialect, answer, context, stream)
}

function changed(answer: Answer, rule: FaultRule | undefined, stream: boolean): Answer {
  switch (rule?.kind) {
    case 'empty_content':
      return {
        ...answer,
        candidates: answer.candidates.map((one) => ({ ...one, parts: [{ kind: 'text', text: '' }], finish: { reason: 'stop' } })),
      }
    case 'empty_choices':
      // A stream then has nothing between its beginning and its end; the list of a whole answer is emptied once it is encoded.
      return stream ? { ...answer, candidates: [] } : answer
    case 'content_filter':
      return {
        ...answer,
        candidates: answer.candidates.map((one) => ({
          ...one,
          parts: firstWords(one.parts),
          finish: { reason: 'content_filter' },
        })),
      }
    default:
      return answer
  }
}

function firstWords(parts: Answer['candidates'][number]['parts']): Answer['candidates'][number]['parts'] {
  return parts.flatMap((part) => (part.kind === 'text' ? [{ kind: 'text', text: wordsOf(part.text).slice(0, 2).join('') }] : []))
}

/** The body with its list of answers emptied, whatever the dialect calls it. */
function withoutChoices(body: Json): Json {
  const lists = ['choices', 'content', 'candidates', 'output'].filter((name) => asArray(body[name]).length > 0)
  return { ...body, ...Object.fromEntries(lists.map((name) => [name, []])) }
}

function countOf(dialect: DialectName, request: Request | undefined): Json {
  const tokens = tokensOf(request?.messages ?? [])
  return dialect === 'gemini' ? { totalTokens: tokens } : { input_tokens: tokens }
}

function embeddingsOf(shape: 'openai' | 'gemini' | 'gemini-batch', body: Json): Json {
  switch (shape) {
    case 'openai':
      return openaiEmbeddings(body)
    case 'gemini':
      return geminiEmbedding(body)
    case 'gemini-batch':
      return geminiEmbeddings(body)
  }
}

function modelsOf(call: KnownCall, route: Extract<MockRoute, { readonly operation: 'models' }>, provider: MockProvider): Json {
  const speaksOnlyAnthropic = provider.dialects.every((dialect) => dialect.name === 'anthropic')
  const isAnthropic = call.incoming.headers['anthropic-version'] !== undefined || speaksOnlyAnthropic
  const shape: ModelsShape = route.shape === 'openai' && isAnthropic ? 'anthropic' : route.shape
  if (route.id !== undefined) return modelEntry(shape, route.id)
  return modelList(shape, provider.models ?? [`${provider.name}-model`])
}
