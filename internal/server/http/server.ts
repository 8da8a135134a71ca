import { EventEmitter } from 'node:events'
import { Server, type ServerOptions } from 'node:http'
import type { ClientRequest } from './client-request.ts'
import type { ClientResponse } from './client-response.ts'
import { LightRequest } from './request.ts'
import { LightResponse } from './response.ts'

export type OnRequest = (request: ClientRequest, response: ClientResponse) => void

/**
 * A server of node:http, with its parser, its limits and its times, whose requests and answers are no streams.
 * node:http takes classes of one's own for both (`IncomingMessage` and `ServerResponse` of https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener);
 * what it asks of them stands in its source only, so that Node's version matters: the tests of this folder show whether it goes.
 */
export function createLightServer(options: ServerOptions, onRequest: OnRequest): Server {
  const server: Server = Reflect.construct(Server, [{ ...options, IncomingMessage: LightRequest, ServerResponse: LightResponse }])
  EventEmitter.prototype.on.call(server, 'request', onRequest)
  return server
}
