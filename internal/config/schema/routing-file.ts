import { type StaticDecode, Type } from 'typebox'
import { Breaker, Retry, Timeouts } from './resilience.ts'
import { Duration, Size, Word } from './units.ts'

const closed = { additionalProperties: false } as const
const text = (description: string) => Type.String({ minLength: 1, description, expects: 'a text' })

export const PriceTable = Type.Object(
  {
    input: Type.Number({ minimum: 0, description: 'USD per million tokens read.' }),
    output: Type.Number({ minimum: 0, description: 'USD per million tokens written.' }),
    cached_input: Type.Optional(Type.Number({ minimum: 0, description: 'USD per million tokens read from a cache.' })),
    cache_write: Type.Optional(Type.Number({ minimum: 0, description: 'USD per million tokens written to a cache.' })),
  },
  { ...closed, description: 'Prices, over the catalogue.' },
)

export const Provider = Type.Object(
  {
    type: Type.Optional(text('What kind of provider it is. Default: its name.')),
    api_key: Type.Optional(Type.String({ description: 'Its key.' })),
    api_keys: Type.Optional(
      Type.Array(Type.String(), { description: 'A pool of keys: one that is limited or refused rests, the others go on.' }),
    ),
    base_url: Type.Optional(
      Type.String({ pattern: '^https?://', expects: 'a URL', description: "What the vendor's own SDK takes as base URL." }),
    ),
    api: Type.Optional(text('The API spoken, where the provider has several (openai: chat or responses).')),
    headers: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Headers of every request to it.' })),
  },
  { ...closed, description: 'How to reach a provider.' },
)

export const TargetEntry = Type.Union(
  [
    Type.String({ pattern: '^[^/]+/.+$' }),
    Type.Object(
      {
        target: Type.String({ pattern: '^[^/]+/.+$', expects: 'provider/model', description: '`provider/model`.' }),
        weight: Type.Optional(Type.Number({ minimum: 0, default: 1, description: 'Its share under `weighted`.' })),
        price: Type.Optional(PriceTable),
        context: Type.Optional(Type.Integer({ minimum: 1, description: 'Its context window in tokens, over the catalogue.' })),
      },
      closed,
    ),
  ],
  { expects: 'provider/model, or a mapping with `target`', description: 'A model at a provider.' },
)

export const Model = Type.Object(
  {
    strategy: Type.Optional(text('How targets are ordered. Default fallback.')),
    targets: Type.Array(TargetEntry, { minItems: 1, expects: 'a list of targets', description: 'The targets, in order.' }),
  },
  { ...closed, description: 'A name that clients may ask for.' },
)

export const Rule = Type.Object(
  {
    when: Type.Object(
      {
        tier: Type.Optional(text('The `x-outrigger-tier` header.')),
        priority: Type.Optional(Word(['low', 'normal', 'high'], { description: 'The `x-outrigger-priority` header.' })),
        model: Type.Optional(text('The model asked for; `*` stands for any characters.')),
        client: Type.Optional(text("The virtual key's name.")),
        tag: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Tags and their values.' })),
        header: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Headers and their values.' })),
      },
      { ...closed, description: 'All that is named must hold.' },
    ),
    use: Type.Optional(text('The model to use instead.')),
    strategy: Type.Optional(text('The strategy to use instead.')),
    max_price: Type.Optional(
      Type.Object(
        { input: Type.Optional(Type.Number({ minimum: 0 })), output: Type.Optional(Type.Number({ minimum: 0 })) },
        { ...closed, description: 'USD per million tokens; targets above it are left out.' },
      ),
    ),
    only: Type.Optional(Type.Array(Type.String(), { description: 'Only these providers.' })),
    ignore: Type.Optional(Type.Array(Type.String(), { description: 'None of these providers.' })),
  },
  { ...closed, description: 'Changes the plan of some requests.' },
)

export const RoutingFile = Type.Object(
  {
    version: Type.Literal(1, { expects: '1', description: 'The version of this format.' }),
    listen: Type.Optional(
      Type.String({
        default: '127.0.0.1:7070',
        description: 'Address for clients: host:port, :port (all interfaces) or unix:/path.',
      }),
    ),
    admin: Type.Optional(Type.String({ default: '127.0.0.1:7071', description: 'Address for operators.' })),
    providers: Type.Record(Type.String(), Provider, { description: 'The providers, by name.' }),
    models: Type.Record(Type.String(), Model, { description: 'The names that clients may ask for.' }),
    rules: Type.Optional(Type.Array(Rule, { default: [], description: 'The first rule that fits wins.' })),
    retry: Type.Optional(Retry),
    breaker: Type.Optional(Breaker),
    timeouts: Type.Optional(Timeouts),
    stream: Type.Optional(
      Type.Object(
        {
          on_break: Type.Optional(
            Word(['continue', 'error'], {
              default: 'continue',
              description: 'What follows when a stream breaks after its beginning.',
            }),
          ),
          hold: Type.Optional(
            Type.String({
              pattern: '^(first_token|\\d+ tokens)$',
              default: 'first_token',
              expects: 'first_token or `20 tokens`',
              description: 'How much is held back before the client sees anything.',
            }),
          ),
        },
        { ...closed, default: {}, description: 'Streams.' },
      ),
    ),
    health: Type.Optional(
      Type.Object(
        {
          interval: Type.Optional(Duration({ default: '30s', description: 'Between two probes of a provider.' })),
          window: Type.Optional(
            Type.Integer({
              minimum: 10,
              maximum: 10000,
              default: 100,
              description: 'Attempts that the health of a target rests on.',
            }),
          ),
          timeout: Type.Optional(Duration({ default: '5s', description: 'For a probe.' })),
          probe: Type.Optional(
            Word(['models', 'status_page', 'completion', 'off'], { default: 'models', description: 'What a probe asks for.' }),
          ),
        },
        { ...closed, default: {}, description: 'What is watched.' },
      ),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          max_body: Type.Optional(Size({ default: '32MiB', description: 'The largest request body.' })),
          max_concurrent: Type.Optional(
            Type.Integer({ minimum: 1, default: 2000, description: 'Requests under way at the same time.' }),
          ),
          queue: Type.Optional(Type.Integer({ minimum: 0, default: 1000, description: 'Requests that may wait for a place.' })),
          queue_timeout: Type.Optional(Duration({ default: '5s', description: 'How long they may wait.' })),
        },
        { ...closed, default: {}, description: 'What protects the relay.' },
      ),
    ),
    log: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(
            Word(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
              default: 'info',
              description: 'The least level that is logged.',
            }),
          ),
        },
        { ...closed, default: {}, description: 'The log.' },
      ),
    ),
  },
  { ...closed, description: 'The routing file of Outrigger.' },
)

export type RoutingFileData = StaticDecode<typeof RoutingFile>
