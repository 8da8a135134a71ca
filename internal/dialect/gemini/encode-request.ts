import type { Json, Message, Request } from '#canonical/request.ts'
import { asObject, compact, entryOf } from '#lib/json.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { readableMessages } from '../foreign-parts.ts'
import { takesFieldsOf } from '../quirks.ts'
import { cutAtOf } from '../stop.ts'
import { toolNames } from '../tool-names.ts'
import { lossesOfFields } from '../unknown-fields.ts'
import { unsaidHints } from '../unsaid.ts'
import { stopOf, writeConfig } from './generation-config.ts'
import { writeTools } from './tools.ts'
import { writeTurns } from './turns.ts'
import type { Writer } from './write-content.ts'

/** 128 are taken by the newest models, 64 by all. */
const maxNameLength = 64

/**
 * Canonical → Gemini. The same request gives the same bytes: caches and signed thoughts depend on it. Source:
 * ai.google.dev/api/generate-content.
 */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, maxNameLength)
  const writer: Writer = { target, names, losses: [], called: namesOfCalls(request.messages) }
  const { tools, choice, losses } = writeTools(request, target, names)
  const readable = readableMessages(request.messages, ({ vendor }) => takesFieldsOf(target.quirks, vendor))
  const { system, contents } = writeTurns(readable.messages, writer)
  const own = ownFields(request, writer)
  const body = compact({
    ...own.body,
    systemInstruction: system.length === 0 ? undefined : { parts: system },
    contents,
    tools,
    toolConfig: withoutEmpty({ ...own.toolConfig, ...withoutEmpty({ functionCallingConfig: { ...own.calling, ...choice } }) }),
    generationConfig: withoutEmpty({ ...writeConfig(request, writer), ...own.generationConfig }),
    cachedContent: request.cache?.ref,
    serviceTier: writeTier(request, writer),
  })
  writer.losses.push(...readable.losses, ...losses)
  noteLosses(request, writer)
  return {
    path: pathOf(target.model, request.stream),
    headers: {},
    body: withoutRejected(body, writer),
    losses: inClientWords(writer.losses, request),
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
    ...cutAtOf(stopOf(request.params, target)),
  }
}

/** The stream is always asked for as server-sent events, whatever framing the client wants. */
export function pathOf(model: string, stream: boolean): string {
  const name = encodeURIComponent(model).replaceAll('%2F', '/')
  const full = /^(tunedModels|models|publishers|projects)\//.test(name) ? name : `models/${name}`
  return `/v1beta/${full}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

function namesOfCalls(messages: readonly Message[]): ReadonlyMap<string, string> {
  return new Map(
    messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [[part.id, part.name] as const] : []))),
  )
}

type OwnFields = {
  readonly body: Json
  readonly generationConfig: Json
  readonly toolConfig: Json
  readonly calling: Json
}

/** What only this dialect says (`safetySettings`, `mediaResolution`), from a client that speaks it: by the paths that decoding gave. */
function ownFields({ dialect, ext }: Request, { losses }: Writer): OwnFields {
  const fields = { body: {}, generationConfig: {}, toolConfig: {}, calling: {} }
  if (dialect !== 'gemini') return fields
  for (const [path, value] of Object.entries(ext)) {
    const [, place, name] = /^(generationConfig|toolConfig\.functionCallingConfig|toolConfig)\.(.+)$/.exec(path) ?? []
    if (place === 'generationConfig') Object.assign(fields.generationConfig, { [name ?? '']: value })
    else if (place === 'toolConfig') Object.assign(fields.toolConfig, { [name ?? '']: value })
    else if (place !== undefined) Object.assign(fields.calling, { [name ?? '']: value })
    else if (path.startsWith('contents[')) losses.push({ field: path, severity: 'drop', reason: 'it is lost in translation' })
    else Object.assign(fields.body, { [path]: value })
  }
  return fields
}

/** Undefined for an object whose fields are all empty. */
function withoutEmpty(fields: Json): Json | undefined {
  const kept = Object.entries(fields).filter(
    ([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
  )
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** Standard is what comes without the field. */
function writeTier({ tier }: Request, { losses }: Writer): string | undefined {
  const known: Readonly<Record<string, string | undefined>> = tiers
  if (tier === undefined || ['auto', 'default', 'standard_only', 'unspecified'].includes(tier)) return undefined
  const written = entryOf(known, tier.toLowerCase())
  if (written === undefined) losses.push({ field: 'service_tier', severity: 'drop', reason: `there is no tier ${tier}` })
  return written
}

const tiers = { standard: 'standard', flex: 'flex', priority: 'priority', fast: 'priority' }

const allHints = [
  ...(['grammar', 'name', 'detail', 'citations', 'strict', 'tool_extras', 'tool_groups'] as const),
  ...(['user', 'metadata', 'store', 'prompt_cache_key', 'max_tool_calls'] as const),
] as const

/** What Gemini has no word for: where it would change the answer's meaning, the target cannot serve the request. */
function noteLosses(request: Request, { losses }: Writer): void {
  const { params, output } = request
  const hints = {
    min_p: params.minP,
    repetition_penalty: params.repetitionPenalty,
    verbosity: output.verbosity,
  }
  for (const field of Object.keys(compact(hints))) losses.push({ field, severity: 'drop', reason: 'it has no counterpart' })
  losses.push(...unsaidHints(request, allHints), ...lossesOfFields(request, 'gemini'))
  if (params.logitBias !== undefined)
    losses.push({ field: 'logit_bias', severity: 'refuse', reason: 'token numbers mean other tokens there' })
}

/** What the provider's own documents say that it refuses, in the body or in `generationConfig`. */
function withoutRejected(body: Json, { target, losses }: Writer): Json {
  const rejected = target.quirks.rejects ?? []
  if (rejected.length === 0) return body
  const config = asObject(body['generationConfig'])
  const found = rejected.filter((name) => name in body || name in config)
  for (const field of found) losses.push({ field, severity: 'drop', reason: 'the provider refuses it' })
  const without = (fields: Json): Json => Object.fromEntries(Object.entries(fields).filter(([name]) => !found.includes(name)))
  return compact({ ...without(body), generationConfig: withoutEmpty(without(config)) })
}
