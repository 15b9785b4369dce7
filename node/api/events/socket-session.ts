/**
 * One WebSocket: up to five subscriptions over one bounded queue.
 *
 * @see RFC 6455 §7.4 Status Codes
 * @module
 */

import type { WebSocket } from 'ws'
import { repeat } from '../../clock.ts'
import { TokenBucket } from '../../network/token-bucket.ts'
import type { Grant } from '../access/grant.ts'
import { type Problem, problemBody, problemOf } from '../problem.ts'
import { EventCursor } from './event-cursor.ts'
import type { EventDesk } from './event-desk.ts'
import { EventSink } from './event-sink.ts'
import { readSocketWord, type SocketWord } from './socket-words.ts'

/** Subscriptions of one socket. */
const SUBSCRIPTIONS_MAX = 5
/** How often a client is asked whether it is there. */
const PING_MS = 30_000
/** Messages that a client may send at once, and within ten seconds. */
const MESSAGES_MAX = 20
const MESSAGES_WINDOW_MS = 10_000
/** How long a closing handshake may take. */
const CLOSE_MAX_MS = 1_000

/** Codes of closing. */
const CLOSE_CODES = { goingAway: 1001, notText: 1003, policy: 1008, bug: 1011, tooSlow: 1013 }

/** What a socket is served with. */
export interface SocketSessionPorts {
  readonly desk: EventDesk
  readonly grant: Grant
}

/** A client's WebSocket. */
export class SocketSession {
  readonly #socket: WebSocket
  readonly #desk: EventDesk
  readonly #grant: Grant
  readonly #sink: EventSink
  readonly #cursors = new Map<string, EventCursor>()
  readonly #messages: TokenBucket
  #isAnswering = true

  constructor(socket: WebSocket, { desk, grant }: SocketSessionPorts) {
    const { clock, stallMaxMs } = desk
    this.#socket = socket
    this.#desk = desk
    this.#grant = grant
    this.#messages = new TokenBucket(MESSAGES_MAX, MESSAGES_WINDOW_MS, clock.nowMs())
    this.#sink = new EventSink({
      clock,
      stallMaxMs,
      write: (text, onTaken) => socket.send(text, () => onTaken())
    })
    const stopPinging = repeat(clock, PING_MS, () => this.#ping())
    socket.on('pong', () => {
      this.#isAnswering = true
    })
    // What breaks a frame rule is closed by the library, with the code of the rule.
    socket.on('error', () => undefined)
    socket.on('message', (data, isBinary) => this.#hear(String(data), isBinary))
    socket.once('close', () => {
      stopPinging()
      this.#sink.close()
      for (const cursor of this.#cursors.values()) cursor.close()
    })
  }

  /** Closes in order, because the node stops. */
  end(): void {
    this.#close(CLOSE_CODES.goingAway, 'the node stops')
  }

  #hear(text: string, isBinary: boolean): void {
    if (isBinary) this.#close(CLOSE_CODES.notText, 'only text is understood')
    else if (this.#messages.tryTake(1, this.#desk.clock.nowMs())) this.#answer(readSocketWord(text))
    else this.#close(CLOSE_CODES.policy, 'too many messages')
  }

  #answer(word: SocketWord | Problem): void {
    const problem = 'status' in word ? word : this.#carryOut(word)
    if (problem !== null) this.#tell({ problem: problemBody(problem) })
  }

  #carryOut(word: SocketWord): Problem | null {
    return word.kind === 'subscribe' ? this.#subscribe(word) : this.#unsubscribe(word)
  }

  #subscribe({ name, wish, devices }: Extract<SocketWord, { kind: 'subscribe' }>): Problem | null {
    if (this.#cursors.has(name))
      return problemOf('SUBSCRIPTION_WRONG', 'There is a subscription of that name.')
    if (this.#cursors.size >= SUBSCRIPTIONS_MAX)
      return problemOf('SUBSCRIPTION_WRONG', `One socket has ${SUBSCRIPTIONS_MAX} subscriptions.`)
    const refusal = this.#grant.refuseDevices(devices)
    if (refusal !== null) return refusal
    const send = (event: string, id: string | null, data: string): void => {
      const place = id === null ? '' : `"id":"${id}",`
      this.#sink.send(`{"subscription":"${name}","event":"${event}",${place}"data":${data}}`)
    }
    const cursor = new EventCursor(wish, {
      source: this.#desk.source,
      whenRoom: () => this.#sink.whenRoom(),
      send: ({ kind, id, data }) => send(kind, id, data),
      hasRoom: () => this.#sink.hasRoom,
      // Without an id: what was not final is nothing to go on after.
      sendRevocable: ({ kind, data }) => send(kind, null, data),
      sendReset: (reset) => send('reset', `${reset.nextHeight - 1}`, JSON.stringify(reset))
    })
    this.#cursors.set(name, cursor)
    this.#tell({ subscribed: name, seenHeight: cursor.seenHeight })
    void this.#follow(name, cursor)
    return null
  }

  async #follow(name: string, cursor: EventCursor): Promise<void> {
    try {
      const end = await cursor.run()
      if (end === 'stalled') this.#close(CLOSE_CODES.tooSlow, 'too slow for its events')
    } catch (error) {
      this.#desk.reportEnd(error)
      this.#close(CLOSE_CODES.bug, 'the events cannot be read; come again')
    } finally {
      if (this.#cursors.get(name) === cursor) this.#cursors.delete(name)
    }
  }

  #unsubscribe({ name }: Extract<SocketWord, { kind: 'unsubscribe' }>): Problem | null {
    const cursor = this.#cursors.get(name)
    if (cursor === undefined)
      return problemOf('SUBSCRIPTION_WRONG', 'There is no subscription of that name.')
    cursor.close()
    this.#cursors.delete(name)
    this.#tell({ unsubscribed: name })
    return null
  }

  /** Answers are as many as messages, and those are counted; who reads none of them is too slow. */
  #tell(words: object): void {
    this.#sink.send(JSON.stringify(words))
  }

  #ping(): void {
    if (!this.#isAnswering) {
      this.#socket.terminate()
      return
    }
    this.#isAnswering = false
    this.#socket.ping(() => undefined)
  }

  #close(code: number, reason: string): void {
    this.#sink.close()
    for (const cursor of this.#cursors.values()) cursor.close()
    this.#socket.close(code, reason)
    const cancel = this.#desk.clock.later(CLOSE_MAX_MS, () => this.#socket.terminate())
    this.#socket.once('close', cancel)
  }
}
