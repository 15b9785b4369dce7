/**
 * Routes: what one resource takes and answers, free of any HTTP server.
 *
 * A handler gets values that were judged by its schemas and returns an answer as
 * a value; the server only carries the two to and from the wire. The schemas are
 * kept with the route, so that a description of the API can be printed from them.
 *
 * @module
 */

import type * as z from 'zod'
import type { LedgerService, LedgerStatus } from '../ledger-service.ts'
import type { JsonObject } from './json-value.ts'
import { type Problem, problemOf } from './problem.ts'
import type { Waits } from './waits.ts'

/** What a handler answers. */
export type Answer =
  /** `network`, `height` and `finalAt` are added by the server. */
  | { readonly kind: 'json'; readonly status: number; readonly body: JsonObject }
  | { readonly kind: 'bytes'; readonly mediaType: string; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** What all handlers share. */
export interface RouteContext {
  readonly ledger: LedgerService
  /** The genesis, as its file says it. */
  readonly genesis: JsonObject
  readonly waits: Waits
  /** Whether the node is about to stop and wants no new work. */
  readonly isShuttingDown: () => boolean
}

/** A request as the server hands it over; nothing of it is judged yet. */
export interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** The body's media type without parameters, in lower case. */
  readonly mediaType: string
  readonly wantsCbor: boolean
  readonly remoteAddress: string
}

/** A request whose path and query were judged. */
export interface RouteInput<Params, Query> extends Omit<RawRequest, 'params' | 'query'> {
  readonly params: Params
  readonly query: Query
  /** The node as it was when the request came; what is read is at least as new. */
  readonly status: LedgerStatus
}

/** A resource and a method, with its handler. */
export interface RouteDefinition<Params, Query> {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly summary: string
  readonly params: z.ZodType<Params>
  readonly query: z.ZodType<Query>
  /** Whether the answer is a function of the state, so that its root serves as ETag. */
  readonly isOfState?: boolean
  /** The height that the query asks for at least. */
  readonly heightAtLeast?: (query: Query) => number | undefined
  readonly handle: (
    input: RouteInput<Params, Query>,
    context: RouteContext
  ) => Promise<Answer> | Answer
}

/** A request that passed its route's schemas. */
export interface JudgedRequest {
  readonly heightAtLeast: number
  readonly answer: (status: LedgerStatus, context: RouteContext) => Promise<Answer>
}

/** A route with its types folded away, as the table holds it. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly summary: string
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly isOfState: boolean
  readonly judge: (request: RawRequest) => JudgedRequest | Problem
}

/** Builds a route. */
export function createRoute<Params, Query>(definition: RouteDefinition<Params, Query>): Route {
  const { method, path, summary, params, query } = definition
  return {
    method,
    path,
    summary,
    params,
    query,
    isOfState: definition.isOfState ?? false,
    judge: (request) => {
      const readParams = params.safeParse(request.params)
      if (!readParams.success) return problemOf('PARAMETER_WRONG', detailOf(readParams.error))
      const readQuery = query.safeParse(request.query)
      if (!readQuery.success) return problemOf('QUERY_WRONG', detailOf(readQuery.error))
      return {
        heightAtLeast: definition.heightAtLeast?.(readQuery.data) ?? 0,
        answer: async (status, context) =>
          definition.handle(
            { ...request, params: readParams.data, query: readQuery.data, status },
            context
          )
      }
    }
  }
}

/** An answer in JSON. */
export function json(body: JsonObject, status = 200): Answer {
  return { kind: 'json', status, body }
}

/** An answer in CBOR. */
export function cbor(bytes: Uint8Array): Answer {
  return { kind: 'bytes', mediaType: 'application/cbor', bytes }
}

/** An answer that tells of a problem. */
export function problem(...parts: Parameters<typeof problemOf>): Answer {
  return { kind: 'problem', problem: problemOf(...parts) }
}

const DETAIL_LENGTH_MAX = 200

function detailOf(error: z.ZodError): string {
  const issue = error.issues[0]
  if (issue === undefined) return 'The value is wrong.'
  const place = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return `${place}${issue.message}`.slice(0, DETAIL_LENGTH_MAX)
}
