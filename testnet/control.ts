/**
 * The control socket: how one terminal speaks to the testnet that runs in another.
 *
 * A unix socket in the home folder, open to its owner only. Whoever holds it is the running
 * testnet: a second one finds it answered and does not start.
 *
 * @module
 */

import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { relative } from 'node:path'
import { NodeError } from '../node/errors.ts'
import { LineSplitter } from './cluster/line-splitter.ts'
import {
  type ControlReply,
  type ControlRequest,
  type ControlResult,
  parseControlReply,
  parseControlRequest
} from './control-protocol.ts'
import { controlSocketPath } from './home.ts'

// What the address of a unix socket holds on the narrowest of the usual systems.
const SOCKET_PATH_MAX_BYTES = 103
const CONNECTIONS_MAX = 16
const REQUEST_DEADLINE_MS = 5000
// Nodes take up to 30 s to stop, and `heal` waits until they have caught up with starting.
const REPLY_DEADLINE_MS = 120_000
const REPLY_SIZE_MAX_BYTES = 4 * 1024 * 1024

type RequestOf<Command extends ControlRequest['command']> = Extract<
  ControlRequest,
  { command: Command }
>

/** One handler per command. Forget one and this room no longer compiles. */
export type ControlHandlers = {
  readonly [Command in ControlRequest['command']]: (
    request: RequestOf<Command>
  ) => Promise<ControlResult>
}

/** What the control socket needs from outside. */
export interface ControlServerPorts {
  readonly handlers: ControlHandlers
  /** A handler failed with something other than a {@link NodeError}: our own bug. */
  readonly onBug: (error: unknown) => void
}

/** The open control socket. */
export interface ControlServer {
  /**
   * Takes no more requests, lets those under way be answered, and removes the socket. Never to be
   * awaited by a handler, for which it would itself wait.
   */
  readonly close: () => Promise<void>
}

/**
 * Opens the control socket of a home and with it claims the home.
 *
 * @throws {@link NodeError} TESTNET_RUNNING when another testnet holds it
 */
export async function openControl(home: string, ports: ControlServerPorts): Promise<ControlServer> {
  const path = socketPath(home)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const answering = new Set<Promise<void>>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveConnection(socket, (line) => {
      const answer = answerRequest(socket, line, ports).finally(() => answering.delete(answer))
      answering.add(answer)
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  await claim(server, { home, path })
  chmodSync(path, 0o600)
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all(answering)
      for (const socket of sockets) socket.destroySoon()
      await closed
    }
  }
}

/**
 * Asks the testnet that runs in `home`.
 *
 * @throws {@link NodeError} TESTNET_NOT_RUNNING, REQUEST_FAILED, or the code that it answered with
 */
export async function sendControl(
  home: string,
  request: ControlRequest,
  deadlineMs: number = REPLY_DEADLINE_MS
): Promise<ControlResult> {
  const socket = await dialControl(socketPath(home))
  if (socket === undefined)
    throw new NodeError(
      'TESTNET_NOT_RUNNING',
      `no testnet runs in ${home}: start one with thingmoot testnet up`
    )
  socket.write(`${JSON.stringify(request)}\n`)
  const line = await wholeReply(socket, deadlineMs)
  socket.destroy()
  const reply = line === undefined ? undefined : parseControlReply(line)
  if (reply === undefined)
    throw new NodeError('REQUEST_FAILED', `the testnet in ${home} gave no answer to this request`)
  if (!reply.ok) throw new NodeError(reply.code, reply.message)
  return reply.result
}

function serveConnection(socket: Socket, onRequest: (line: string) => void): void {
  const splitter = new LineSplitter()
  // A client that went away needs no answer.
  socket.on('error', () => {})
  socket.setTimeout(REQUEST_DEADLINE_MS, () => socket.destroy())
  socket.on('data', (bytes: Buffer) => {
    const [line] = splitter.push(bytes)
    if (line === undefined) return
    // One request per connection: what follows is not read.
    socket.pause()
    socket.setTimeout(0)
    onRequest(line)
  })
}

async function answerRequest(
  socket: Socket,
  line: string,
  ports: ControlServerPorts
): Promise<void> {
  const reply = await replyTo(line, ports)
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    if (socket.destroyed) resolve()
    else socket.end(`${JSON.stringify(reply)}\n`, () => resolve())
  })
}

async function replyTo(
  line: string,
  { handlers, onBug }: ControlServerPorts
): Promise<ControlReply> {
  const request = parseControlRequest(line)
  if (request === undefined)
    return { ok: false, code: 'USAGE_WRONG', message: 'this is no request a testnet knows' }
  try {
    const handle = handlers[request.command] as (asked: ControlRequest) => Promise<ControlResult>
    return { ok: true, result: await handle(request) }
  } catch (error) {
    if (error instanceof NodeError) return { ok: false, code: error.code, message: error.message }
    onBug(error)
    return {
      ok: false,
      code: 'REQUEST_FAILED',
      message: `${request.command} failed in the testnet`
    }
  }
}

async function claim(
  server: Server,
  { home, path }: { readonly home: string; readonly path: string }
): Promise<void> {
  const running = new NodeError(
    'TESTNET_RUNNING',
    `a testnet runs in ${home} already: stop it with thingmoot testnet down, or choose another --home`
  )
  if (await listens(server, path)) return
  const other = await dialControl(path)
  if (other !== undefined) {
    other.destroy()
    throw running
  }
  // Nobody answers: the socket was left by a testnet that was killed.
  rmSync(path, { force: true })
  if (!(await listens(server, path))) throw running
}

async function listens(server: Server, path: string): Promise<boolean> {
  return await new Promise<boolean>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      server.off('listening', onListening)
      if (cause.code === 'EADDRINUSE') resolve(false)
      else reject(new NodeError('DISK_WRITE_FAILED', `cannot open the socket ${path}`, { cause }))
    }
    const onListening = (): void => {
      server.off('error', onError)
      resolve(true)
    }
    server.once('error', onError)
    server.once('listening', onListening)
    server.listen(path)
  })
}

async function dialControl(path: string): Promise<Socket | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    // No socket, or one that nobody listens to: no testnet either way.
    socket.once('error', () => resolve(undefined))
    socket.once('connect', () => resolve(socket))
  })
}

async function wholeReply(socket: Socket, deadlineMs: number): Promise<string | undefined> {
  const parts: Buffer[] = []
  let sizeBytes = 0
  return await new Promise((resolve) => {
    socket.setTimeout(deadlineMs, () => resolve(undefined))
    socket.on('error', () => resolve(undefined))
    socket.on('data', (bytes: Buffer) => {
      parts.push(bytes)
      sizeBytes += bytes.length
      if (sizeBytes > REPLY_SIZE_MAX_BYTES) resolve(undefined)
    })
    socket.on('end', () =>
      resolve(parts.length === 0 ? undefined : Buffer.concat(parts).toString())
    )
    socket.on('close', () => resolve(undefined))
  })
}

function socketPath(home: string): string {
  const absolute = controlSocketPath(home)
  const near = relative(process.cwd(), absolute)
  const path = near.length < absolute.length ? near : absolute
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES)
    throw new NodeError(
      'USAGE_WRONG',
      `the path ${absolute} is too long for a socket: choose a shorter --home`
    )
  return path
}
