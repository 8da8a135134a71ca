import type { IncomingHttpHeaders } from 'node:http'
import type { Failure } from '#canonical/failure.ts'
import type { Plan, PlanInput, PlanProblem } from '#canonical/plan.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { Tracer } from '#canonical/trace.ts'
import type { Config } from '#config/config.ts'
import type { ClientError, Dialect } from '#dialect/dialect.ts'
import type { Guard } from '#guardrails/guard.ts'
import type { Clock } from '#lib/clock.ts'
import type { Result } from '#lib/result.ts'
import type { Exchange } from '#relay/exchange.ts'
import type { Forwarded } from '#relay/forward.ts'
import type { Admission } from './admission.ts'
import type { ClientRequest } from './http/client-request.ts'
import type { ClientResponse } from './http/client-response.ts'
import type { RequestTarget } from './request-target.ts'
import type { Router } from './routes.ts'

export type HandlerDeps = {
  readonly config: () => Config
  readonly router: Router
  /** The dialect in which errors of unknown paths are told. */
  readonly fallbackDialect: Dialect
  readonly relay: (exchange: Exchange) => Promise<unknown>
  readonly forward: (request: Forwarded) => Promise<number | Failure>
  /** The targets that would be asked, for counting tokens. */
  readonly plan: (input: PlanInput, config: Config) => Result<Plan, PlanProblem>
  /** A client's body with what it only named by its id; left out: bodies stay as they came. */
  readonly recall?: (dialect: Dialect, body: Json, client: string) => Json
  readonly estimateTokens: (request: Request) => number
  readonly admission: Admission
  /** Looks at requests before they go anywhere; left out: nobody does. */
  readonly guard?: Guard
  /** Traces the request; left out, or undefined: nobody does. */
  readonly tracer?: () => Tracer | undefined
  /** Whose key it is; undefined when everybody may ask. */
  readonly identify: (headers: IncomingHttpHeaders, query: URLSearchParams) => Identified | Promise<Identified>
  readonly clock: Clock
  readonly newId: () => string
  /** A request that was refused before the relay saw it. */
  readonly onRejected: (rejection: Rejection) => void
  /** A bug: told, answered with 500, never fatal. */
  readonly onBug: (error: unknown, requestId: string) => void
}

type Identified = Result<Identity | undefined, Stranger>

/** A client of the routing file, as far as the server must know it. */
export type Identity = {
  readonly name: string
  readonly tier?: string
  readonly tags?: Readonly<Record<string, string>>
  /** The models it may ask for; left out: all. */
  readonly models?: readonly string[]
  readonly rpm?: number
  readonly tpm?: number
  readonly max_concurrent?: number
  readonly budgets?: readonly unknown[]
}

/** Why nobody is let in; left out, the kind is that of a wrong key. */
export type Stranger = { readonly code: string; readonly message: string; readonly kind?: 'permission' | 'overloaded' }

export type Rejection = {
  readonly traceId?: string
  readonly dialect: Dialect
  readonly requestId: string
  readonly status: number
  readonly error: ClientError
  readonly durationMs: number
}

/** What is known of a request while it is handled. */
export type Incoming = {
  readonly request: ClientRequest
  readonly response: ClientResponse
  readonly target: RequestTarget
  readonly requestId: string
  readonly startedMs: number
}
