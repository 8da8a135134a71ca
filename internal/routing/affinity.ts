import { createHash, hash } from 'node:crypto'
import type { Usage } from '#canonical/answer.ts'
import type { Target, TargetId } from '#canonical/plan.ts'
import type { Message, Part, Request, Source, Tool } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import { createLru } from '#lib/lru.ts'
import { endOfSlice, inOneGo, inTurns, sliceBytes, type Turn } from '#lib/slices/turn.ts'
import { messageTokens, toolTokens } from '#pricing/estimate-tokens.ts'
import { readWishes } from './openrouter-fields.ts'

/** What a target has read of a prompt a short time ago. */
export type ReadBefore = {
  /** About how many tokens. */
  readonly tokens: number
  /** Whether it keeps what it reads, as its own numbers showed; undefined while they show nothing. */
  readonly cached: boolean | undefined
}

/** Remembers which targets have read the beginnings of which prompts, since providers charge less for what they read again. */
export type Affinity = {
  /** Targets that read the beginning of this prompt a short time ago. */
  readonly readBy: (request: Request) => ReadonlyMap<TargetId, ReadBefore>
  /** Does the work of `readBy` for a large prompt in turns, ahead of it; ends early when nobody wants the answer any more. */
  readonly readAhead: (request: Request, turn: Turn) => Promise<void>
  /** The target has answered. It is remembered when `readBy` was asked about the request. */
  readonly served: (request: Request, target: Target, usage: Usage | undefined) => void
}

/** `found`: it has told of its cache; `misses`: how often in a row it read the same again and told of none. */
type Reader = { readonly untilMs: number; readonly found: boolean; readonly misses: number }

// A cache of many machines misses now and then; one that is not there misses always.
const missesOfNone = 3

/** A beginning of a prompt: all up to a message. */
type Prefix = { readonly key: string; readonly tokens: number }

// No provider caches less: OpenAI and most others from 1,024 tokens on, Anthropic's and Google's smaller models from 2,048 or 4,096.
const fewestTokens = 1024
// Providers keep a prefix for five minutes after its last use and longer; an hour where the client pays for it (Anthropic).
const keptMs = 5 * 60_000
const keptLongMs = 60 * 60_000
const mostPrefixes = 20_000
// Different conversations share their first messages, the next turn of one shares all of the last.
const sharedMessages = 4

export function createAffinity(nowMs: () => number): Affinity {
  const readers = createLru<string, Map<TargetId, Reader>>(mostPrefixes)
  const asked = new WeakMap<Request, readonly Prefix[]>()
  return {
    readBy(request) {
      const prefixes = asked.get(request) ?? inOneGo(prefixesOf(request))
      asked.set(request, prefixes)
      const found = new Map<TargetId, ReadBefore>()
      for (const { key, tokens } of prefixes) {
        for (const [target, reader] of readers.get(key) ?? [])
          if (reader.untilMs > nowMs()) found.set(target, { tokens, cached: isCached(reader) })
      }
      return found
    },
    async readAhead(request, turn) {
      const prefixes = await inTurns(prefixesOf(request), turn)
      if (prefixes !== undefined) asked.set(request, prefixes)
    },
    served(request, target, usage) {
      const prefixes = asked.get(request) ?? []
      const untilMs = nowMs() + (isKeptLong(request) ? keptLongMs : keptMs)
      for (const { key } of [...prefixes.slice(0, sharedMessages), ...prefixes.slice(sharedMessages).slice(-1)]) {
        const known = readers.get(key) ?? new Map<TargetId, Reader>()
        const before = known.get(target.id)
        readers.set(
          key,
          known.set(target.id, readAgain(before !== undefined && before.untilMs > nowMs() ? before : undefined, untilMs, usage)),
        )
      }
    },
  }
}

function isCached({ found, misses }: Reader): boolean | undefined {
  if (misses >= missesOfNone) return false
  return found ? true : undefined
}

/** What the provider's numbers show after another reading; the first one can find nothing. */
function readAgain(before: Reader | undefined, untilMs: number, usage: Usage | undefined): Reader {
  const { found, misses } = before ?? { found: false, misses: 0 }
  if (usage === undefined || usage.estimated === true) return { untilMs, found, misses }
  if (usage.cacheRead + usage.cacheWrite > 0) return { untilMs, found: true, misses: 0 }
  return { untilMs, found, misses: before === undefined ? 0 : misses + 1 }
}

/** The beginnings that are long enough to be cached, the shortest first. It stops each time when a slice has been done. */
function* prefixesOf(request: Request): Generator<void, readonly Prefix[]> {
  const prefixes: Prefix[] = []
  let { key, tokens } = toolsOf(request)
  let done = 0
  for (const message of request.messages) {
    let long: string[] | undefined
    let text = key
    tellMessage(message, (more) => {
      if (text.length + more.length <= sliceBytes) text += more
      else {
        long ??= []
        long.push(text)
        text = more
      }
    })
    key = long === undefined ? hash('sha1', text, 'base64') : yield* digestOf([...long, text])
    done += text.length
    tokens += messageTokens(message)
    if (tokens >= fewestTokens) prefixes.push({ key, tokens: Math.floor(tokens) })
    if (done < sliceBytes) continue
    done = 0
    yield
  }
  return prefixes
}

/** The digest of all of them as one, slice by slice. */
function* digestOf(texts: readonly string[]): Generator<void, string> {
  const digest = createHash('sha1')
  for (const text of texts) {
    for (let from = 0; from < text.length; ) {
      const to = endOfSlice(text, from)
      digest.update(text.slice(from, to))
      from = to
      yield
    }
  }
  return digest.digest('base64')
}

/** All tools come before the first message. */
function toolsOf({ tools }: Request): Prefix {
  const tokens = tools.reduce((sum, tool) => sum + toolTokens(tool), 0)
  return { key: hash('sha1', tools.map(toolText).join('\n'), 'base64'), tokens }
}

function toolText(tool: Tool): string {
  return tool.kind === 'builtin' ? JSON.stringify(tool.raw) : JSON.stringify({ ...tool, cacheHint: undefined })
}

/** What the model reads. Hints of where to cache are left out: clients move them on with every turn. */
function tellMessage({ role, parts }: Message, tell: (text: string) => void): void {
  tell(role)
  for (const part of parts) tellPart(part, tell)
  tell('\n')
}

function tellPart(part: Part, tell: (text: string) => void): void {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      tell(`\n${part.kind} `)
      return tell(part.text)
    case 'image':
    case 'file':
    case 'audio':
      tell(`\n${part.kind} `)
      return tell(sourceText(part.source))
    case 'tool_call':
      tell(`\ncall ${part.name} `)
      return tell(part.args)
    case 'tool_result':
      tell('\nresult')
      for (const inner of part.parts) tellPart(inner, tell)
      return
    case 'server_tool':
      tell('\n')
      return tell(JSON.stringify(part.raw))
  }
}

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'url':
      return source.url
    case 'base64':
      return source.data
    case 'file':
      return source.id
    case 'text':
      return source.text
  }
}

function isKeptLong({ cache, messages }: Request): boolean {
  if (cache?.ttl === '1h') return true
  return messages.some(({ parts }) => parts.some((part) => part.cacheHint?.ttl === '1h'))
}

/** Whether a plan of the request may look at who has read its beginning before. */
export function prefixesMatter(request: Request, { models, rules }: Config): boolean {
  if (readWishes(request).sort === 'price' || rules.some(({ strategy }) => strategy === 'cost')) return true
  return models.some(({ affinity, strategy }) => affinity === 'prefix' || strategy === 'cost')
}

/** Whether the client asks for its prompt to be cached, which some providers want to be told. */
export function asksForCaching({ cache, messages, tools }: Request): boolean {
  if (cache?.auto === true) return true
  if (tools.some((tool) => tool.kind === 'function' && tool.cacheHint !== undefined)) return true
  return messages.some(({ parts }) => parts.some((part) => part.cacheHint !== undefined))
}
