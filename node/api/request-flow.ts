/**
 * The way of one request: judge it, be fresh enough, spare what is unchanged, answer.
 *
 * @module
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invariant } from '../../protocol/index.ts'
import { type Admission, tokenOf } from './access/admission.ts'
import type { Grant } from './access/grant.ts'
import { chooseForm } from './negotiation.ts'
import { type Problem, problemOf } from './problem.ts'
import {
  etagOf,
  etagOfFields,
  HEIGHT_HEADER,
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
/** A host name or address, with a port or without: what is said again to callers is nothing else. */
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/
const CBOR_TYPE = 'application/cbor'

/** What carrying a route needs of others. */
export interface FlowPorts {
  readonly context: RouteContext
  readonly admission: Admission
}

interface Flow extends FlowPorts {
  readonly route: Route
}

/** Adds a route to the server. */
export function carryRoute(server: FastifyInstance, route: Route, ports: FlowPorts): void {
  const flow = { ...ports, route }
  const grants = new WeakMap<FastifyRequest, Grant>()
  server.route({
    method: route.method,
    url: route.path,
    // Before the body is read: whoever is not let in need not send it.
    onRequest: async (request, reply) => {
      const { right, rateKind } = route
      const token = tokenOf(request.raw)
      const asking = { address: request.ip, token, right, rateKind }
      const grant = await ports.admission.admit(asking)
      if ('code' in grant) return sendProblem(reply, grant, ports.context.ledger.status())
      grants.set(request, grant)
      return undefined
    },
    handler: (request, reply) => {
      const grant = grants.get(request)
      invariant(grant !== undefined, 'a request is handled after it was let in')
      return answerRequest(request, reply, { ...flow, grant })
    }
  })
}

async function answerRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  flow: Flow & { readonly grant: Grant }
): Promise<FastifyReply> {
  const { route, context, grant } = flow
  const { ledger } = context
  const form = chooseForm(request.headers.accept, route.produces)
  if (form === undefined) return sendProblem(reply, refuseForm(route), ledger.status())
  const wantsCbor = form === CBOR_TYPE
  const raw = readRequest(request, { form, ...flow })
  if (isProblem(raw)) return sendProblem(reply, raw, ledger.status())
  const judged = route.judge(raw)
  if (isProblem(judged)) return sendProblem(reply, judged, ledger.status())
  const refusal = judged.devices === 'any' ? null : grant.refuseDevices(judged.devices)
  if (refusal !== null) return sendProblem(reply, refusal, ledger.status())
  const token = readHeightToken(request)
  if (typeof token !== 'number') return sendProblem(reply, token, ledger.status())
  const height = Math.max(token, judged.heightAtLeast)
  const behind = await reachHeight(height, context)
  // Taken before anything is read: what is read is at least as new as the answer says.
  const status = ledger.status()
  if (behind !== null) return sendProblem(reply, behind, status)
  if (route.isOfState && isKnown(request, reply, etagOf(status, form)))
    return sendNotModified(reply, status)
  const answer = await judged.answer(status, context)
  if (answer.kind === 'problem') reply.removeHeader('etag')
  if (
    route.isTagged &&
    answer.kind === 'json' &&
    isKnown(request, reply, etagOfFields(answer, form))
  )
    return sendNotModified(reply, status)
  const isWrite = route.method === 'POST'
  return sendAnswer(reply, answer, { status: isWrite ? ledger.status() : status, wantsCbor })
}

/** Gives the answer its ETag, and says whether the caller holds it already. */
function isKnown(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', etag)
  return isMatch(request.headers['if-none-match'], etag)
}

function refuseForm({ produces }: Route): Problem {
  return problemOf('MEDIA_TYPE_NOT_OFFERED', `This resource is had as ${produces.join(', ')}.`)
}

function readRequest(
  request: FastifyRequest,
  { route, admission, grant, form }: Flow & { grant: Grant; form: string }
): RawRequest | Problem {
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
    origin: HOST.test(request.host) ? { scheme: request.protocol, host: request.host } : null,
    form,
    wantsCbor: form === CBOR_TYPE,
    remoteAddress: request.ip,
    lastEventId: lastEventIdOf(request),
    charge: (cost) => {
      const { rateKind } = route
      return rateKind === null ? null : admission.charge(grant, request.ip, { rateKind, cost })
    }
  }
}

function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  const given = headers['last-event-id']
  return Array.isArray(given) ? given[0] : given
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
