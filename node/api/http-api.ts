/**
 * The HTTP API: carries requests to the routes and their answers back.
 *
 * What a route may not decide is decided here, once for all: limits, media
 * types, the session's height, conditional requests, and that no error of ours
 * shows its inside.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { type Clock, systemClock } from '../clock.ts'
import type { PageFile } from '../dashboard/page-files.ts'
import { servePages } from '../dashboard/page-server.ts'
import type { Gateway, ListenAddress } from '../gateways/gateway.ts'
import {
  addressOf,
  type ConnectionLimits,
  limitConnections,
  listenError
} from '../gateways/listening.ts'
import type { LedgerService } from '../ledger-service.ts'
import { Admission } from './access/admission.ts'
import { corsHeaders, type OriginList, preflightHeaders } from './access/origins.ts'
import { RATES_DEFAULT, type Rates } from './access/rate-limits.ts'
import type { TokenDesk } from './access/token-desk.ts'
import { createEventDesk, type EventDeskOptions } from './events/event-desk.ts'
import { acceptSockets } from './events/socket-server.ts'
import { answerBrokenRequest, problemOfError } from './http-failures.ts'
import {
  CONNECTION_LIMITS,
  HEADERS_MAX,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  REQUESTS_PER_SOCKET_MAX,
  SERVER_OPTIONS,
  STOP_DEADLINE_MS,
  TLS_OPTIONS
} from './http-limits.ts'
import type { JsonObject } from './json-value.ts'
import { problemOf } from './problem.ts'
import { sendProblem } from './replies.ts'
import { carryRoute } from './request-flow.ts'
import type { RouteContext } from './route.ts'
import { ROUTES } from './routes.ts'
import { readJson } from './safe-json.ts'
import {
  JSON_MEDIA_TYPE,
  LIST_SIZE_MAX_BYTES,
  SEQUENCE_MEDIA_TYPE,
  SINGLE_MEDIA_TYPES,
  SINGLE_SIZE_MAX_BYTES
} from './transaction-bytes.ts'
import { createWaits } from './waits.ts'

/** Requests that may wait at a time, whether or not their callers still listen. */
const WAITS_MAX = 4_096
/** Room for the longest key of the state in hex. */
const PATH_PARAMETER_LENGTH_MAX = 256

/** Settings of the API. */
export interface HttpApiOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly connections?: ConnectionLimits
  /** One proxy stands in front and says in `X-Forwarded-For` who calls. */
  readonly behindProxy?: boolean
  /** The certificate chain and its key, both PEM; null or left out for plain HTTP. */
  readonly tls?: TlsFiles | null
  /** Whether reads need a token. */
  readonly isTokenNeeded?: boolean
  readonly rates?: Rates
  /** Origins whose pages may read the API; none unless named. */
  readonly origins?: OriginList
  readonly events?: EventDeskOptions
}

/** What TLS is spoken with. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

/** What the API needs of others. */
export interface HttpApiPorts {
  readonly ledger: LedgerService
  /** The genesis, as its file says it. */
  readonly genesis: JsonObject
  /** Where this node's broker listens; null while it has none. */
  readonly mqttPort: () => number | null
  /** Null or left out for a node without tokens. */
  readonly tokens?: Pick<TokenDesk, 'judge'> | null
  readonly clock?: Clock
  /** The pages for people; none unless given. */
  readonly pages?: readonly PageFile[]
  /** Hears of errors that no request should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** The API. */
export interface HttpApi extends Gateway {
  /** Turns readiness off and ends all waits; everything else goes on until {@link Gateway.stop}. */
  beginShutdown(): void
}

/** Builds the API; it listens once started. */
export function createHttpApi(options: HttpApiOptions, ports: HttpApiPorts): HttpApi {
  let isShuttingDown = false
  const { ledger, reportBug, pages = [], tokens = null, clock = systemClock } = ports
  const events = createEventDesk(options.events ?? {}, { ledger, clock, reportBug })
  const context: RouteContext = {
    ledger,
    genesis: ports.genesis,
    mqttPort: ports.mqttPort,
    waits: createWaits(WAITS_MAX),
    events,
    isShuttingDown: () => isShuttingDown
  }
  const { isTokenNeeded = false, rates = RATES_DEFAULT, origins = [] } = options
  const admission = new Admission({ isTokenNeeded, rates }, { tokens, clock })
  const server = createServer(options, { context, admission, pages, reportBug })
  limitConnections(server.server, connectionLimitsOf(options))
  acceptSockets(
    server.server,
    { origins, addressOf: callerOf(options) },
    { desk: events, admission }
  )
  const beginShutdown = (): void => {
    isShuttingDown = true
    context.waits.end()
    events.places.end()
  }
  return {
    name: 'HTTP',
    start: async () => {
      try {
        await server.listen({ host: options.host, port: options.port })
      } catch (error) {
        throw listenError(error, options, 'HTTP')
      }
    },
    stop: async () => {
      beginShutdown()
      const deadline = setTimeout(() => server.server.closeAllConnections(), STOP_DEADLINE_MS)
      await server.close()
      clearTimeout(deadline)
    },
    address: (): ListenAddress | null => addressOf(server.server),
    beginShutdown
  }
}

interface ServerPorts {
  readonly context: RouteContext
  readonly admission: Admission
  readonly pages: readonly PageFile[]
  readonly reportBug: (error: unknown) => void
}

/** A proxy has all connections; it bounds those of its callers by itself. */
function connectionLimitsOf({ connections, behindProxy }: HttpApiOptions): ConnectionLimits {
  if (connections !== undefined) return connections
  const { connectionsMax } = CONNECTION_LIMITS
  return behindProxy === true
    ? { connectionsMax, connectionsPerAddressMax: connectionsMax }
    : CONNECTION_LIMITS
}

/** Who calls: behind a proxy the address that it added last, for all others are hearsay. */
function callerOf({ behindProxy }: HttpApiOptions): (request: IncomingMessage) => string {
  return ({ headers, socket }) => {
    const said = behindProxy === true ? [headers['x-forwarded-for'] ?? []].flat().join(',') : ''
    const last = said.split(',').at(-1)?.trim() ?? ''
    return last === '' ? (socket.remoteAddress ?? '') : last
  }
}

function createServer(options: HttpApiOptions, ports: ServerPorts): FastifyInstance {
  const { context, reportBug } = ports
  const { ledger } = context
  const tls = options.tls ?? null
  const listener =
    tls === null
      ? { http: SERVER_OPTIONS }
      : { https: { ...SERVER_OPTIONS, ...TLS_OPTIONS, cert: tls.certificate, key: tls.key } }
  const server: FastifyInstance = Fastify({
    ...(listener as { http: typeof SERVER_OPTIONS }),
    trustProxy: options.behindProxy === true ? (_address, hop) => hop === 0 : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxRequestsPerSocket: REQUESTS_PER_SOCKET_MAX,
    routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX },
    requestIdHeader: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problemOfError(error, reportBug), ledger.status())
    }
  })
  server.server.maxHeadersCount = HEADERS_MAX
  acceptMediaTypes(server)
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problemOf('ROUTE_NOT_FOUND', 'No such path.'), ledger.status())
  )
  server.setErrorHandler((error: FastifyError, _request, reply) =>
    sendProblem(reply, problemOfError(error, reportBug), ledger.status())
  )
  const origins = options.origins ?? []
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(corsHeaders(request.headers.origin, origins))
  })
  servePages(server, ports.pages)
  for (const route of ROUTES) carryRoute(server, route, ports)
  for (const { path } of ports.pages)
    refuseOtherMethods(server, path, ['OPTIONS', 'GET', 'HEAD'], context)
  for (const [path, methods] of methodsByPath()) refuseOtherMethods(server, path, methods, context)
  return server
}

function acceptMediaTypes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    [...SINGLE_MEDIA_TYPES],
    { parseAs: 'buffer', bodyLimit: SINGLE_SIZE_MAX_BYTES },
    (_request, body, done) => done(null, body)
  )
  server.addContentTypeParser(
    SEQUENCE_MEDIA_TYPE,
    { parseAs: 'buffer', bodyLimit: LIST_SIZE_MAX_BYTES },
    (_request, body, done) => done(null, body)
  )
  server.addContentTypeParser(
    JSON_MEDIA_TYPE,
    { parseAs: 'string', bodyLimit: LIST_SIZE_MAX_BYTES },
    (_request, body, done) => done(null, readJson(String(body)))
  )
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const byPath = new Map<string, string[]>()
  for (const { method, path } of ROUTES) {
    const methods = byPath.get(path) ?? ['OPTIONS']
    methods.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]))
    byPath.set(path, methods)
  }
  return byPath
}

/** Answers OPTIONS with the methods there are, and every other method with 405. */
function refuseOtherMethods(
  server: FastifyInstance,
  path: string,
  methods: readonly string[],
  { ledger }: RouteContext
): void {
  const answer = (isQuestion: boolean, reply: FastifyReply): FastifyReply => {
    reply.header('allow', methods.join(', '))
    if (isQuestion) {
      const isPreflight = reply.hasHeader('access-control-allow-origin')
      return reply
        .headers(isPreflight ? preflightHeaders(methods) : {})
        .code(204)
        .send()
    }
    const detail = `This resource takes ${methods.join(', ')}.`
    return sendProblem(reply, problemOf('METHOD_NOT_ALLOWED', detail), ledger.status())
  }
  server.route({
    method: ['OPTIONS', ...METHODS.filter((method) => !methods.includes(method))],
    url: path,
    // Before the body is read: it would be read for nothing.
    onRequest: async (request, reply) => answer(request.method === 'OPTIONS', reply),
    handler: async (request, reply) => answer(request.method === 'OPTIONS', reply)
  })
}
