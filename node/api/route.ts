/**
 * Routes: what one resource takes and answers, free of any HTTP server.
 *
 * A handler gets values that were judged by its schemas and returns an answer as
 * a value; the server only carries the two to and from the wire. The schemas are
 * kept with the route, so that a description of the API can be printed from them.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'
import type * as z from 'zod'
import type { LedgerService, LedgerStatus } from '../ledger-service.ts'
import type { RateKind } from './access/rate-limits.ts'
import type { Right } from './access/role.ts'
import type { EventDesk } from './events/event-desk.ts'
import type { JsonObject } from './json-value.ts'
import { type Problem, problemOf } from './problem.ts'
import type { Waits } from './waits.ts'

/** What a handler answers. */
export type Answer =
  /** `network`, `height` and `finalAt` are added by the server. */
  | { readonly kind: 'json'; readonly status: number; readonly body: JsonObject }
  | { readonly kind: 'bytes'; readonly mediaType: string; readonly bytes: Uint8Array }
  | {
      readonly kind: 'text'
      readonly text: string
      readonly mediaType?: string
      /** The Content-Security-Policy of a page. */
      readonly policy?: string
    }
  /** An answer without end. Exactly one of the two is called. */
  | {
      readonly kind: 'stream'
      readonly mediaType: string
      readonly begin: (response: ServerResponse) => void
      /** Nobody reads it after all. */
      readonly abandon: () => void
    }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** What all handlers share. */
export interface RouteContext {
  readonly ledger: LedgerService
  /** The genesis, as its file says it. */
  readonly genesis: JsonObject
  readonly waits: Waits
  /** Where this node's broker listens; null while it has none. */
  readonly mqttPort: () => number | null
  readonly events: EventDesk
  /** Whether the node is about to stop and wants no new work. */
  readonly isShuttingDown: () => boolean
}

/** An address as its caller wrote it. */
export interface Origin {
  readonly scheme: string
  /** With the port, if it is named. */
  readonly host: string
}

/** A request as the server hands it over; nothing of it is judged yet. */
export interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** The body's media type without parameters, in lower case. */
  readonly mediaType: string
  readonly wantsCbor: boolean
  /** The media type that the caller likes best, of those that the resource has. */
  readonly form: string
  readonly remoteAddress: string
  /** The address by which the caller reached this node; null where it names none that can be said. */
  readonly origin: Origin | null
  /** The last event that a listener says to have seen. */
  readonly lastEventId: string | undefined
  /** Counts further transactions of the request; the problem when they are too many. */
  readonly charge: (cost: number) => Problem | null
}

/** Media types in which an answer may be had, the one for who does not care first. */
export const JSON_OR_CBOR: readonly string[] = ['application/json', 'application/cbor']

/** Which devices a request asks about, for tokens that are for some alone. */
export type Scope<Params, Query> =
  /** What everybody needs who checks anything: any token will do. */
  | 'any'
  /** About all devices, or none: tokens that are for some do not do. */
  | 'all'
  | ((params: Params, query: Query) => readonly string[] | null)

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
  /** What the caller must be allowed to do; `read` unless said. */
  readonly right?: Right
  /** By which account it is counted; as `read` unless said, null for not at all. */
  readonly rateKind?: RateKind | null
  /** `all` unless said. */
  readonly scope?: Scope<Params, Query>
  /** The media types of good answers; JSON and CBOR unless said. */
  readonly produces?: readonly string[]
  /** What a good answer holds, beside the envelope that all have; for the description of the API. */
  readonly answers?: z.ZodType
  /** Media types of the body; those of a `GET` are none. */
  readonly consumes?: readonly string[]
  /** Whether the answer is a function of the state, so that its root serves as ETag. */
  readonly isOfState?: boolean
  /** Whether the answer's own fields make its ETag, for what follows from more than the state. */
  readonly isTagged?: boolean
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
  /** The devices it asks about, in hex; null for all, `any` where it does not matter. */
  readonly devices: readonly string[] | 'any' | null
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
  readonly isTagged: boolean
  readonly right: Right
  readonly rateKind: RateKind | null
  readonly produces: readonly string[]
  readonly consumes: readonly string[]
  readonly answers: z.ZodType | null
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
    isTagged: definition.isTagged ?? false,
    right: definition.right ?? 'read',
    rateKind: definition.rateKind === undefined ? 'read' : definition.rateKind,
    produces: definition.produces ?? JSON_OR_CBOR,
    consumes: definition.consumes ?? [],
    answers: definition.answers ?? null,
    judge: (request) => {
      const readParams = params.safeParse(request.params)
      if (!readParams.success) return problemOf('PARAMETER_WRONG', detailOf(readParams.error))
      const readQuery = query.safeParse(request.query)
      if (!readQuery.success) return problemOf('QUERY_WRONG', detailOf(readQuery.error))
      return {
        heightAtLeast: definition.heightAtLeast?.(readQuery.data) ?? 0,
        devices: devicesOf(definition.scope ?? 'all', readParams.data, readQuery.data),
        answer: async (status, context) =>
          definition.handle(
            { ...request, params: readParams.data, query: readQuery.data, status },
            context
          )
      }
    }
  }
}

function devicesOf<Params, Query>(
  scope: Scope<Params, Query>,
  params: Params,
  query: Query
): JudgedRequest['devices'] {
  if (scope === 'any') return 'any'
  return scope === 'all' ? null : scope(params, query)
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
