import type { Request } from '#canonical/request.ts'
import { type CacheScope, digest, type KeyScope, meaningOf } from './key.ts'
import type { Near, VectorIndex } from './vectors.ts'

/** A text as a vector, with the model that made it: those of two models cannot be compared. */
export type Embedding = { readonly model: string; readonly vector: readonly number[] }

/** Finds questions that mean the same as earlier ones. */
export type SemanticCache = {
  /** Undefined when the request is not compared: it is no plain question in words. */
  readonly compare: (request: Request, scope: CacheScope) => Comparison | undefined
}

/** One question, compared with those before it. Nothing of it ever fails: a question that cannot be compared is new. */
export type Comparison = {
  /** The nearest question, when it is near enough. */
  readonly look: () => Promise<Near | undefined>
  /** The answer to the question stands under this key from now on. */
  readonly remember: (key: string) => void
  /** There is no answer under this key any more. */
  readonly forget: (key: string) => void
}

export type SemanticDeps = {
  /** Undefined: off. `ttl` as that of answers. */
  readonly settings: () => { readonly threshold: number; readonly ttl: number } | undefined
  /** Undefined when the embedding could not be had in time. Never rejects. */
  readonly embed: (text: string, scope: CacheScope) => Promise<Embedding | undefined>
  readonly index: VectorIndex
  /** The index did not answer. */
  readonly onFailure: (error: unknown) => void
}

/** Compares the last message by its meaning and everything else exactly. */
export function createSemanticCache({ settings, embed, index, onFailure }: SemanticDeps): SemanticCache {
  return {
    compare(request, scope) {
      const current = settings()
      const question = current === undefined ? undefined : questionOf(request)
      if (current === undefined || question === undefined) return undefined
      const context = contextKey(request, scope, question)
      let embedding: Embedding | undefined
      const within = (): string => `${context}:${embedding?.model ?? ''}`
      return {
        async look() {
          embedding = await embed(question, scope)
          if (embedding === undefined) return undefined
          return await settled(index.nearest(within(), embedding.vector, current.threshold), onFailure)
        },
        remember(key) {
          if (embedding === undefined) return
          void settled(index.add(within(), key, embedding.vector, current.ttl), onFailure)
        },
        forget: (key) => void settled(index.remove(within(), key), onFailure),
      }
    },
  }
}

async function settled<T>(work: T | Promise<T>, onFailure: (error: unknown) => void): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    onFailure(error)
    return undefined
  }
}

// Beyond it the words that differ no longer show in the vector, and embedding models cut the text.
const longestQuestion = 8000

/** The text that is compared: of a last message in words alone, in a conversation without tools, whose calls do more than answer. */
function questionOf({ messages, tools, output }: Request): string | undefined {
  const last = messages.at(-1)
  if (last?.role !== 'user' || tools.length > 0) return undefined
  if (output.modalities?.some((modality) => modality !== 'text') === true) return undefined
  const texts: string[] = []
  for (const part of last.parts) {
    if (part.kind !== 'text') return undefined
    texts.push(part.text)
  }
  const text = texts.join('\n').trim()
  return text === '' || text.length > longestQuestion ? undefined : text
}

/**
 * What must be the same: all of the request but the words of its last message, and of those the numbers, which vectors hardly
 * tell apart ("in 2023", "in 2024").
 */
function contextKey(request: Request, scope: KeyScope, question: string): string {
  const meaning = meaningOf(request, scope)
  const numbers = question.match(/\p{Nd}+(?:[.,:/-]\p{Nd}+)*/gu) ?? []
  const before = request.messages.slice(0, -1)
  return digest({ ...meaning, messages: before, name: request.messages.at(-1)?.name, numbers })
}
