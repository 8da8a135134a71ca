import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact } from '#lib/json.ts'

/** Gemini's `logprobsResult` as OpenAI's `logprobs` object, which is the canonical form. */
export function readLogprobs(result: unknown): Json | undefined {
  const chosen = asArray(asObject(result)['chosenCandidates']).map(asObject)
  if (chosen.length === 0) return undefined
  const tops = asArray(asObject(result)['topCandidates']).map((top) => asArray(asObject(top)['candidates']).map(asObject))
  return { content: chosen.map((entry, index) => ({ ...readToken(entry), top_logprobs: (tops[index] ?? []).map(readToken) })) }
}

function readToken(entry: Json): Json {
  const token = asString(entry['token']) ?? ''
  return { token, logprob: asNumber(entry['logProbability']) ?? 0, bytes: [...Buffer.from(token)] }
}

/** Token ids are left out: only the vendor of the model knows them. */
export function writeLogprobs(logprobs: unknown): Json | undefined {
  const content = asArray(asObject(logprobs)['content']).map(asObject)
  if (content.length === 0) return undefined
  const topCandidates = content.map((entry) => ({ candidates: asArray(entry['top_logprobs']).map(asObject).map(writeToken) }))
  return { chosenCandidates: content.map(writeToken), topCandidates }
}

function writeToken(entry: Json): Json {
  return compact({ token: asString(entry['token']), logProbability: asNumber(entry['logprob']) })
}

/** The tokens of two pieces of one answer. */
export function joinLogprobs(one: unknown, other: unknown): unknown {
  if (one === undefined || other === undefined) return one ?? other
  return { content: [...asArray(asObject(one)['content']), ...asArray(asObject(other)['content'])] }
}
