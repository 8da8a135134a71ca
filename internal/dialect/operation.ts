import type { Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Loss } from '#canonical/loss.ts'
import type { Json, ProviderDialectName } from '#canonical/request.ts'
import type { Result } from '#lib/result.ts'
import type { EncodeTarget } from './dialect.ts'

/** What a client asks for besides an answer to a conversation. */
export type OperationName = 'embeddings' | 'images' | 'audio' | 'moderations' | 'rerank'

/** The model at one provider that is asked. */
export type OperationTarget = EncodeTarget & { readonly dialect: ProviderDialectName }

/** The request as one provider takes it. */
export type OperationCall = {
  /** Below the provider's base URL. */
  readonly path: string
  readonly contentType: string
  /** Bytes as they are, or what is to be written as JSON. */
  readonly body: Uint8Array | Json
  readonly losses: readonly Loss[]
  /** Whether the answer can be nothing but JSON. Default: sound, images and events are answers too. */
  readonly jsonOnly?: boolean
  /**
   * Reads a whole JSON answer: what the client gets, to be written as JSON, and what it cost. `body` is undefined when the provider's bytes
   * may pass as they are.
   */
  readonly answer: (body: unknown) => Result<OperationAnswer, Failure>
}

export type OperationAnswer = { readonly body: Json | undefined; readonly usage: Usage | undefined }

/** A request that is no conversation. It is routed and fails over like one. */
export type Operation = {
  readonly name: OperationName
  /** Only the same model may take over: the vectors of two models cannot be compared. */
  readonly sameModel: boolean
  /** Whether providers of this dialect have it at all. */
  readonly servedBy: (dialect: ProviderDialectName) => boolean
  /** Writes it for one target; the failure is `unsupported` when the target cannot serve it. */
  readonly encode: (target: OperationTarget) => Result<OperationCall, Failure>
}

/** The failure of a target that cannot serve what was asked. */
export function unsupported(message: string, param?: string): Failure {
  const failure: Failure = { kind: 'unsupported', phase: 'request', code: 'unsupported_by_target', message }
  return param === undefined ? failure : { ...failure, param }
}
