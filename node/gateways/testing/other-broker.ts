/**
 * A broker of others for tests: Mosquitto where it is installed, else a second one of the house's own kind.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Aedes } from 'aedes'
import { findProgram } from './find-program.ts'

/** A broker that listens. */
export interface OtherBroker {
  readonly name: string
  readonly port: number
  /** Ends it at once; what clients left with it may be lost. */
  readonly stop: () => Promise<void>
  /** Begins it anew at the same port. */
  readonly start: () => Promise<void>
}

/** Starts a broker whose files lie in a folder. */
export async function startOtherBroker(folder: string): Promise<OtherBroker> {
  const program = findProgram('mosquitto')
  const port = await freePort()
  const broker =
    program === undefined ? ownBroker(port) : await mosquitto(program, port, join(folder, 'other'))
  await broker.start()
  return broker
}

async function mosquitto(program: string, port: number, path: string): Promise<OtherBroker> {
  const settings = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false']
  await writeFile(`${path}.conf`, `${settings.join('\n')}\n`)
  let child: ChildProcess | undefined
  return {
    name: 'mosquitto',
    port,
    start: async () => {
      child = spawn(program, ['-c', `${path}.conf`], { stdio: 'ignore' })
      await untilListening(port)
    },
    stop: async () => {
      if (child === undefined || child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

function ownBroker(port: number): OtherBroker {
  let stop: () => Promise<void> = async () => undefined
  return {
    name: 'aedes',
    port,
    start: async () => {
      const broker = new Aedes()
      await broker.listen()
      const server = createServer((socket) => void broker.handle(socket))
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      stop = async () => {
        const closed = once(server, 'close')
        server.close()
        await new Promise<void>((resolve) => broker.close(resolve))
        await closed
      }
    },
    stop: () => stop()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await sleep(20)
  }
}
