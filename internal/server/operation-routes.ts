import type { OperationName } from '#dialect/operation.ts'

/** A path of an operation that is no conversation. */
export type OperationMatch = {
  readonly name: OperationName
  /** Whose API it is: how requests are read and errors told. */
  readonly api: 'openai' | 'gemini'
  /** Behind the version: `/images/generations`. */
  readonly path: string
  /** Gemini names the model in the path; not yet percent-decoded. */
  readonly pathModel?: string
}

const openai = /^(?:\/v1)?(?<path>\/(?:(?<group>images|audio)(?:\/[a-z0-9_-]+)+|(?<single>embeddings|moderations|rerank)))$/
const gemini = /^\/v1(?:beta|alpha)?\/models\/(?<model>.+):(?:embedContent|batchEmbedContents)$/

/** Looks a path up; undefined when it is another's. */
export function matchOperation(path: string): OperationMatch | undefined {
  const found = openai.exec(path)?.groups
  if (found !== undefined) return openaiMatch(found['group'] ?? found['single'], found['path'] ?? path)
  const pathModel = gemini.exec(path)?.groups?.['model']
  return pathModel === undefined ? undefined : { name: 'embeddings', api: 'gemini', path, pathModel }
}

function openaiMatch(word: string | undefined, path: string): OperationMatch | undefined {
  const name = names.find((one) => one === word)
  return name === undefined ? undefined : { name, api: 'openai', path }
}

const names: readonly OperationName[] = ['embeddings', 'images', 'audio', 'moderations', 'rerank']
