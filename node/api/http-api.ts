/**
 * The HTTP API: carries requests to the routes and their answers back.
 *
 * What a route may not decide is decided here, once for all: limits, media
 * types, the session's height, conditional requests, and that no error of ours
 * shows its inside.
 *
 * @module
 */

import type { Socket } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Gateway, ListenAddress } from '../gateways/gateway.ts'
import {
  addressOf,
  type ConnectionLimits,
  limitConnections,
  listenError
} from '../gateways/listening.ts'
import type { LedgerService } from '../ledger-service.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import {
  CONNECTION_LIMITS,
  HEADERS_MAX,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  REQUESTS_PER_SOCKET_MAX,
  SERVER_OPTIONS,
  STOP_DEADLINE_MS
} from './http-limits.ts'
import type { JsonObject } from './json-value.ts'
import { PROBLEMS, type ProblemCode, problemBody, problemOf } from './problem.ts'
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
/** What a caller is told to wait while a record is being mended. */
const DAMAGED_RETRY_SECONDS = 2
/** Room for the longest key of the state in hex. */
const PATH_PARAMETER_LENGTH_MAX = 256

/** Settings of the API. */
export interface HttpApiOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly connections?: ConnectionLimits
}

/** What the API needs of others. */
export interface HttpApiPorts {
  readonly ledger: LedgerService
  /** The genesis, as its file says it. */
  readonly genesis: JsonObject
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
  const context: RouteContext = {
    ledger: ports.ledger,
    genesis: ports.genesis,
    waits: createWaits(WAITS_MAX),
    isShuttingDown: () => isShuttingDown
  }
  const server = createServer(context, ports)
  limitConnections(server.server, options.connections ?? CONNECTION_LIMITS)
  const beginShutdown = (): void => {
    isShuttingDown = true
    context.waits.end()
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

function createServer(context: RouteContext, ports: HttpApiPorts): FastifyInstance {
  const server = Fastify({
    http: SERVER_OPTIONS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxRequestsPerSocket: REQUESTS_PER_SOCKET_MAX,
    routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX },
    requestIdHeader: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problemOfError(error, ports), ports.ledger.status())
    }
  })
  server.server.maxHeadersCount = HEADERS_MAX
  acceptMediaTypes(server)
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problemOf('ROUTE_NOT_FOUND', 'No such path.'), ports.ledger.status())
  )
  server.setErrorHandler((error: FastifyError, _request, reply) =>
    sendProblem(reply, problemOfError(error, ports), ports.ledger.status())
  )
  for (const route of ROUTES) carryRoute(server, route, context)
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
    if (isQuestion) return reply.code(204).send()
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

const FRAMEWORK_PROBLEMS: Readonly<Record<string, [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body exceeds the limit of its media type.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'MEDIA_TYPE_UNSUPPORTED',
    `Send ${[...SINGLE_MEDIA_TYPES, SEQUENCE_MEDIA_TYPE, JSON_MEDIA_TYPE].join(', ')}.`
  ]
}

function problemOfError(
  error: FastifyError | DamagedRecord,
  { reportBug }: HttpApiPorts
): ReturnType<typeof problemOf> {
  if (error instanceof DamagedRecord) {
    const detail = 'What was asked for is not what was written; ask again soon, or another node.'
    return problemOf('STORAGE_DAMAGED', detail, DAMAGED_RETRY_SECONDS)
  }
  const known = FRAMEWORK_PROBLEMS[error.code]
  if (known !== undefined) return problemOf(...known)
  // The framework marks what a stranger caused, a broken-off body too, with a status below 500.
  if (error.statusCode !== undefined && error.statusCode < 500)
    return problemOf('REQUEST_MALFORMED', 'The request cannot be understood.')
  reportBug(error)
  return problemOf('INTERNAL_ERROR', 'The request could not be carried out; the node logged why.')
}

const SOCKET_PROBLEMS: Readonly<Record<string, [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers exceed 8 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TOO_SLOW', 'The request did not arrive in time.']
}

/** Answers what is not even a request, and ends the connection. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [code, detail] = SOCKET_PROBLEMS[error.code ?? ''] ?? [
    'REQUEST_MALFORMED',
    'The bytes are no HTTP request.'
  ]
  const body = JSON.stringify(problemBody(problemOf(code, detail)))
  socket.end(
    `HTTP/1.1 ${PROBLEMS[code].status} ${PROBLEMS[code].title}\r\n` +
      'Content-Type: application/problem+json\r\nConnection: close\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
