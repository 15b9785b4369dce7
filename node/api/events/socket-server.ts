/**
 * WebSockets at `/v1/socket`: the same events as of Server-Sent Events, by subscriptions.
 *
 * A browser cannot set headers here. It shows its token as a second subprotocol beside `thingmoot.v1`:
 * `bearer.<token>`. It must not stand in the path, which proxies write down.
 *
 * @see RFC 6455
 * @module
 */

import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { type Admission, tokenOf } from '../access/admission.ts'
import type { Grant } from '../access/grant.ts'
import { isOriginAllowed, isOwnOrigin, type OriginList } from '../access/origins.ts'
import { type Problem, problemOf } from '../problem.ts'
import { endWithProblem } from '../raw-problem.ts'
import { createTakeBack } from '../unwanted-upgrade.ts'
import type { EventDesk } from './event-desk.ts'
import { SocketSession } from './socket-session.ts'

/** Where sockets are opened. */
const SOCKET_PATH = '/v1/socket'
/** The subprotocol of the words of socket-words.ts. */
const SOCKET_PROTOCOL = 'thingmoot.v1'
/** The largest message of a client. */
const FRAME_MAX_BYTES = 16_384
const BEARER = 'bearer.'
const PLACE_RETRY_SECONDS = 5

/** Settings of the sockets. */
export interface SocketServerOptions {
  readonly origins: OriginList
  /** The caller's address, whatever proxies stand between. */
  readonly addressOf: (request: IncomingMessage) => string
}

/** What the sockets need of others. */
export interface SocketServerPorts {
  readonly desk: EventDesk
  readonly admission: Admission
}

/** Takes upgrades of a server's connections. */
export function acceptSockets(
  server: Server,
  options: SocketServerOptions,
  ports: SocketServerPorts
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: FRAME_MAX_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false)
  })
  const takeBack = createTakeBack(server)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isWebSocket(request) && takeBack(request, socket, head)) return
    // A caller who hangs up while he is judged is no trouble of ours.
    socket.on('error', () => socket.destroy())
    judge(request, options, ports)
      .then((judged) => {
        if ('code' in judged) endWithProblem(socket, judged)
        else sockets.handleUpgrade(request, socket, head, judged.open)
      })
      .catch((error: unknown) => {
        ports.desk.reportEnd(error)
        socket.destroy()
      })
  })
  // What the library itself finds wrong with a handshake is told as everything else is.
  sockets.on('wsClientError', (_error, socket) =>
    endWithProblem(socket, problemOf('UPGRADE_WRONG', 'This is no handshake of a WebSocket.'))
  )
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

interface Judged {
  readonly open: (socket: ConstructorParameters<typeof SocketSession>[0]) => void
}

async function judge(
  request: IncomingMessage,
  { origins, addressOf }: SocketServerOptions,
  { desk, admission }: SocketServerPorts
): Promise<Judged | Problem> {
  if (!isWebSocket(request))
    return problemOf('UPGRADE_WRONG', 'What asks for an upgrade has fewer headers than this.')
  if (request.url !== SOCKET_PATH)
    return problemOf('UPGRADE_WRONG', `WebSockets are opened at ${SOCKET_PATH}.`)
  const { origin, host } = request.headers
  if (origin !== undefined && !isOriginAllowed(origin, origins) && !isOwnOrigin(origin, host))
    return problemOf('ORIGIN_FORBIDDEN', 'The settings of this node do not name this origin.')
  const address = addressOf(request)
  const token = tokenOf(request) ?? protocolToken(request)
  const grant = await admission.admit({ address, token, right: 'read', rateKind: 'read' })
  if ('code' in grant) return grant
  return { open: (socket) => openSession(socket, { desk, grant, address }) }
}

function openSession(
  socket: ConstructorParameters<typeof SocketSession>[0],
  { desk, grant, address }: { desk: EventDesk; grant: Grant; address: string }
): void {
  let end: () => void = () => undefined
  const giveBack = desk.places.take(address, () => end())
  if (giveBack === undefined) {
    socket.close(TRY_AGAIN_LATER, `too many listen here; again in ${PLACE_RETRY_SECONDS} s`)
    return
  }
  socket.once('close', giveBack)
  const session = new SocketSession(socket, { desk, grant })
  end = () => session.end()
}

/** The code of closing for a server without room. */
const TRY_AGAIN_LATER = 1013

function protocolToken({ headers }: IncomingMessage): string | undefined {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  return offered.find((name) => name.startsWith(BEARER))?.slice(BEARER.length)
}
