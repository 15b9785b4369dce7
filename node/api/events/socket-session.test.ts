import { EventEmitter } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WebSocket } from 'ws'
import { createGrant } from '../access/grant.ts'
import { createMemoryLedger } from '../testing/memory-ledger.ts'
import { createTestDevice } from '../testing/test-device.ts'
import { createEventDesk } from './event-desk.ts'
import { SocketSession } from './socket-session.ts'

const test = suite('a session over a WebSocket')

/** Timers that go off when a test says so. */
class HandClock {
  readonly timers = new Map<() => void, number>()
  readonly nowMs = (): number => 0
  readonly timeMs = (): number => 0
  readonly pause = async (): Promise<void> => undefined
  readonly later = (delayMs: number, run: () => void): (() => void) => {
    this.timers.set(run, delayMs)
    return () => void this.timers.delete(run)
  }
  /** Lets all timers of one delay go off. */
  ring(delayMs: number): number {
    const due = [...this.timers].filter(([, one]) => one === delayMs)
    for (const [run] of due) {
      this.timers.delete(run)
      run()
    }
    return due.length
  }
}

/** The far end of a connection that takes nothing. */
class StuckSocket extends EventEmitter {
  readonly sent: string[] = []
  readonly done: string[] = []
  send(text: string): void {
    this.sent.push(text)
  }
  ping(): void {
    this.done.push('ping')
  }
  close(code: number): void {
    this.done.push(`close ${code}`)
  }
  terminate(): void {
    this.done.push('terminate')
    this.emit('close')
  }
}

async function settle(isReached: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isReached(); turn++)
    await new Promise((resolve) => setImmediate(resolve))
  assert.ok(isReached())
}

const STALL_MS = 7
const PING_MS = 30_000
const CLOSE_MS = 1_000

test('a full queue of 256 that stands still is closed with 1013, and then cut', async () => {
  const ledger = createMemoryLedger()
  const device = createTestDevice(ledger.networkTag, 1)
  ledger.register(device.deviceId)
  for (let sequence = 1; sequence <= 300; sequence++)
    await ledger.service.submit(device.message(sequence), 'test')
  ledger.finalise()
  const [clock, socket, bugs] = [new HandClock(), new StuckSocket(), [] as unknown[]]
  const ports = {
    ledger: ledger.service,
    clock,
    reportBug: (error: unknown) => void bugs.push(error)
  }
  const desk = createEventDesk({ stallMaxMs: STALL_MS }, ports)
  new SocketSession(socket as unknown as WebSocket, { desk, grant: createGrant(null) })
  socket.emit('message', JSON.stringify({ subscribe: 'a', after: '0' }), false)
  await settle(() => [...clock.timers.values()].includes(STALL_MS))
  assert.is(socket.sent.length, 256)
  assert.is(clock.ring(STALL_MS), 1)
  await settle(() => socket.done.length > 0)
  assert.equal([socket.done, socket.sent.length], [['close 1013'], 256])
  clock.ring(CLOSE_MS)
  assert.equal(socket.done, ['close 1013', 'terminate'])
  assert.equal([[...clock.timers], bugs], [[], []])
})

test('a client that does not answer one ping is cut at the next', () => {
  const { service } = createMemoryLedger()
  const [clock, socket] = [new HandClock(), new StuckSocket()]
  const desk = createEventDesk({}, { ledger: service, clock, reportBug: () => undefined })
  new SocketSession(socket as unknown as WebSocket, { desk, grant: createGrant(null) })
  clock.ring(PING_MS)
  socket.emit('pong')
  clock.ring(PING_MS)
  assert.equal(socket.done, ['ping', 'ping'])
  clock.ring(PING_MS)
  assert.equal([socket.done.at(-1), clock.timers.size], ['terminate', 0])
})

test.run()
