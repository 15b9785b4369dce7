/**
 * The way of one request: judge it, be fresh enough, spare what is unchanged, answer.
 *
 * @module
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Problem, problemOf } from './problem.ts'
import {
  etagOf,
  HEIGHT_HEADER,
  isCborWanted,
  isMatch,
  sendAnswer,
  sendNotModified,
  sendProblem
} from './replies.ts'
import type { RawRequest, Route, RouteContext } from './route.ts'
import type { JsonFault } from './safe-json.ts'
import { count } from './shapes.ts'
import { JSON_MEDIA_TYPE } from './transaction-bytes.ts'

/** How long a request waits for this node to reach the height it asks for. */
const HEIGHT_WAIT_MS = 2_000
const HEIGHT_RETRY_SECONDS = 1

/** Adds a route to the server. */
export function carryRoute(server: FastifyInstance, route: Route, context: RouteContext): void {
  server.route({
    method: route.method,
    url: route.path,
    handler: (request, reply) => answerRequest(request, reply, { route, context })
  })
}

async function answerRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, context }: { readonly route: Route; readonly context: RouteContext }
): Promise<FastifyReply> {
  const { ledger } = context
  const raw = readRequest(request)
  if (isProblem(raw)) return sendProblem(reply, raw, ledger.status())
  const judged = route.judge(raw)
  if (isProblem(judged)) return sendProblem(reply, judged, ledger.status())
  const token = readHeightToken(request)
  if (typeof token !== 'number') return sendProblem(reply, token, ledger.status())
  const height = Math.max(token, judged.heightAtLeast)
  const behind = await reachHeight(height, context)
  // Taken before anything is read: what is read is at least as new as the answer says.
  const status = ledger.status()
  if (behind !== null) return sendProblem(reply, behind, status)
  if (route.isOfState) {
    const etag = etagOf(status)
    reply.header('etag', etag)
    if (isMatch(request.headers['if-none-match'], etag)) return sendNotModified(reply, status)
  }
  const answer = await judged.answer(status, context)
  if (answer.kind === 'problem') reply.removeHeader('etag')
  const isWrite = route.method === 'POST'
  return sendAnswer(reply, answer, isWrite ? ledger.status() : status)
}

function readRequest(request: FastifyRequest): RawRequest | Problem {
  const mediaType =
    (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const body = readBody(mediaType, request.body)
  if (!body.ok) {
    const detail = {
      JSON_TOO_DEEP: 'The JSON nests too deep.',
      JSON_KEY_FORBIDDEN: 'The JSON holds a key that is not allowed.',
      JSON_MALFORMED: 'The body is no JSON text.'
    }[body.fault]
    return problemOf('BODY_MALFORMED', detail)
  }
  return {
    params: request.params,
    query: request.query,
    body: body.value,
    mediaType,
    wantsCbor: isCborWanted(request.headers.accept),
    remoteAddress: request.ip
  }
}

type BodyReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: JsonFault }

/** The JSON parser hands over its reading; all others hand over bytes. */
function readBody(mediaType: string, body: unknown): BodyReading {
  return mediaType === JSON_MEDIA_TYPE && body !== undefined
    ? (body as BodyReading)
    : { ok: true, value: body }
}

function readHeightToken(request: FastifyRequest): number | Problem {
  const header = request.headers[HEIGHT_HEADER]
  if (header === undefined) return 0
  const token = count.safeParse(header)
  return token.success
    ? token.data
    : problemOf('REQUEST_MALFORMED', 'The header Thingmoot-Height is not a height.')
}

async function reachHeight(
  height: number,
  { ledger, waits }: RouteContext
): Promise<Problem | null> {
  if (ledger.status().height >= height) return null
  const isReached = await waits.hold(() => ledger.awaitHeight(height, HEIGHT_WAIT_MS))
  if (isReached === true) return null
  if (isReached === undefined)
    return problemOf('WAITS_TOO_MANY', 'Ask again, or ask another node.', HEIGHT_RETRY_SECONDS)
  const detail = `This node is at height ${ledger.status().height}, not yet at ${height}.`
  return problemOf('HEIGHT_NOT_REACHED', detail, HEIGHT_RETRY_SECONDS)
}

function isProblem(value: object): value is Problem {
  return 'code' in value && 'title' in value
}
