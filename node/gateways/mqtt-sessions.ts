/**
 * MQTT sessions: who listens to which device, and what each client has under way.
 *
 * The node delivers to its clients itself instead of through the broker's
 * emitter, where one client that does not read would hold up all others. A session
 * that asked to outlive its connection is kept once it listens to anything, and
 * what comes for it at quality 1 waits in the store.
 *
 * @module
 */

import type { Client } from 'aedes'
import { type Audible, Audiences, qualityOf } from './mqtt-audiences.ts'
import { REASON } from './mqtt-ingress.ts'
import { createKeptQueue, type KeptQueue } from './mqtt-kept-queue.ts'
import { createLane, type Lane } from './mqtt-lane.ts'
import { createOutbox, type OutboundMessage, type Outbox } from './mqtt-outbox.ts'
import { createPacketPlaces, type PacketPlaces } from './mqtt-packet-places.ts'
import type { MqttSessionStore } from './mqtt-session-store.ts'
import type { DeviceChannel, Topics } from './mqtt-topics.ts'

/** Messages of one client on their way, each direction. */
export const IN_FLIGHT_MAX = 20
/** Subscriptions of one client. */
const SUBSCRIPTIONS_MAX = 256
/** Messages that wait for one client: a block may bring many at once, and all listeners share a text. */
const OUTBOX_WAITING_MAX = 2_048
/** More than fits into what is read from a connection at once. */
const LANE_WAITING_MAX = 2_048
/** Messages of quality 2 of one client that it has not released. */
const RECEIVED_MAX = 256

/** Who listens: for as long as it is connected, or beyond. */
interface Listener extends Audible {
  /** Packet ids of messages of quality 2 that were taken and not released yet. */
  readonly received: Set<number>
  session: MqttSession | null
  queue: KeptQueue | null
}

/** A client with what it listens to and what it has under way. */
export interface MqttSession {
  readonly client: Client
  readonly lane: Lane
  readonly outbox: Outbox
  /** Granted quality of service, by filter. */
  readonly filters: ReadonlyMap<string, 0 | 1>
  /** Which packets carry what waits in its queue. */
  readonly places: PacketPlaces
}

/** What sessions need of others. */
export interface MqttSessionPorts {
  readonly topics: Topics
  /** Null where no session outlives its connection. */
  readonly store: MqttSessionStore | null
  readonly reportBug: (error: unknown) => void
}

/** All sessions. Clients are bounded by the listener, kept ones by the store, their filters here. */
export class MqttSessions {
  readonly #ports: MqttSessionPorts
  readonly #sessions = new WeakMap<Client, MqttSession>()
  readonly #listeners = new WeakMap<MqttSession, Listener>()
  readonly #kept = new Map<string, Listener>()
  readonly #audiences: Audiences<Listener>
  /** The client that is handed a message right now. */
  readonly #sending: { places: PacketPlaces | undefined } = { places: undefined }

  constructor(ports: MqttSessionPorts) {
    this.#ports = ports
    this.#audiences = new Audiences(ports.topics)
    for (const { id, filters, received } of ports.store?.sessions() ?? []) {
      const listener = this.#createListener(received)
      listener.queue = this.#createQueue(id)
      this.#kept.set(id, listener)
      for (const [filter, qos] of filters) this.#audiences.add(listener, filter, qos)
    }
  }

  /** The session of a client, opened when it is first asked for. */
  of(client: Client): MqttSession {
    const open = this.#sessions.get(client)
    if (open !== undefined) return open
    const listener = this.#keptOf(client) ?? this.#createListener([])
    const session = this.#open(client, listener.filters)
    this.#sessions.set(client, session)
    this.#listeners.set(session, listener)
    listener.session = session
    client.conn.once('close', () => this.#end(session, listener))
    return session
  }

  /** Whether the client may listen to a filter; if so, it does from now on. */
  listen(client: Client, filter: string, qos: number): boolean {
    if (this.#ports.topics.readFilter(filter) === undefined || client.closed) return false
    const { filters } = this.of(client)
    const isNew = !filters.has(filter)
    if (isNew && filters.size >= SUBSCRIPTIONS_MAX) return false
    if (isNew && this.#isToKeep(client) && !this.#ports.store?.hasRoom(client.id, filters.size + 1))
      return false
    this.#audiences.add(this.#listenerOf(client), filter, qos === 0 ? 0 : 1)
    return true
  }

  unlisten(client: Client, filter: string): void {
    this.#audiences.drop(this.#listenerOf(client), filter)
  }

  /** Keeps a session with the filters that it has now, if it is to outlive its connection. */
  async keep(client: Client): Promise<void> {
    const { store } = this.#ports
    if (store === null || !this.#isToKeep(client)) return
    const listener = this.#listenerOf(client)
    if (listener.filters.size === 0 && listener.queue === null) return
    const written = this.#write(client, listener)
    if (listener.queue === null) {
      listener.queue = this.#createQueue(client.id)
      this.#kept.set(client.id, listener)
      listener.queue.attach(this.of(client).outbox)
    }
    await written
  }

  /** What a kept session listens to; none where there is no such session. */
  filtersOf(id: string): readonly (readonly [filter: string, qos: 0 | 1])[] {
    return [...(this.#kept.get(id)?.filters ?? [])]
  }

  /** The client of a kept session is ready: what waited is sent to it. */
  resume(client: Client): void {
    const queue = this.#keptOf(client)?.queue
    if (queue == null) return
    queue.attach(this.of(client).outbox)
    this.#ports.store?.setAway(client.id, false)
  }

  /** Ends a kept session with all that waits for it. */
  forget(id: string): void {
    const listener = this.#kept.get(id)
    if (listener === undefined) return
    this.#kept.delete(id)
    listener.queue?.detach()
    listener.queue = null
    listener.received.clear()
    for (const filter of [...listener.filters.keys()]) this.#audiences.drop(listener, filter)
    this.#ports.store?.forget(id)
  }

  /** Ends the kept sessions whose time is over. */
  forgetOld(): void {
    for (const id of this.#ports.store?.forgetOld() ?? []) this.forget(id)
  }

  /** A packet of quality 2 came in: whether it is new, known, or one too many. */
  receive(client: Client, packetId: number): 'new' | 'known' | 'too-many' {
    const { received } = this.#listenerOf(client)
    if (received.has(packetId)) return 'known'
    return received.size < RECEIVED_MAX ? 'new' : 'too-many'
  }

  /** A packet of quality 2 was taken, or is released: written before the client is told. */
  async setReceived(client: Client, packetId: number, isReceived: boolean): Promise<void> {
    const listener = this.#listenerOf(client)
    if (isReceived) listener.received.add(packetId)
    else listener.received.delete(packetId)
    if (listener.queue !== null) await this.#write(client, listener)
  }

  /** The broker took the message that it is just handed, with this counter. */
  queued(counter: number): void {
    this.#sending.places?.queued(counter)
  }

  /** A client acknowledged a packet. */
  acknowledge(client: Client, packetId: number | undefined): void {
    const session = this.of(client)
    const number = session.places.take(packetId)
    if (number !== undefined) this.#listenerOf(client).queue?.acknowledge(number)
  }

  /** Whether anybody listens to any device. */
  isHeard(): boolean {
    return this.#audiences.isHeard()
  }

  /** All connected clients that listen to any channel of a device. */
  listenersOf(deviceId: string): readonly MqttSession[] {
    return this.#audiences.of(deviceId).flatMap(({ session }) => session ?? [])
  }

  /** Sends to every session that listens to a device's channel. */
  broadcast(deviceId: string, channel: DeviceChannel, text: string): void {
    const audience = this.#audiences.of(deviceId)
    if (audience.length === 0) return
    const filters = this.#ports.topics.filtersOf(deviceId, channel)
    const message = messageOf(this.#ports.topics.of(deviceId, channel), channel, text)
    for (const listener of audience) {
      const qos = qualityOf(listener.filters, filters)
      if (qos === 1 && listener.queue !== null)
        listener.queue.append(message.topic, message.payload)
      else if (qos !== undefined) listener.session?.outbox.offer({ ...message, qos })
    }
  }

  /** Sends to one client, if it listens there; nothing of it is kept. */
  answer(client: Client, deviceId: string, text: string): void {
    const { topics } = this.#ports
    const { filters, outbox } = this.of(client)
    const qos = qualityOf(filters, topics.filtersOf(deviceId, 'down'))
    const message = messageOf(topics.of(deviceId, 'down'), 'down', text)
    if (qos !== undefined) outbox.offer({ ...message, qos })
  }

  #open(client: Client, filters: ReadonlyMap<string, 0 | 1>): MqttSession {
    const inFlightMax = Math.min(IN_FLIGHT_MAX, client.receiveMaximum)
    const places = createPacketPlaces()
    const outbox = createOutbox(
      { inFlightMax, waitingMax: OUTBOX_WAITING_MAX },
      {
        send: ({ topic, payload, qos, number }, done) => {
          places.announce(number)
          this.#sending.places = places
          const packet = { cmd: 'publish', topic, payload, qos, retain: false, dup: false } as const
          client.publish(packet, () => done())
          this.#sending.places = undefined
        },
        cutOff: () => client.disconnect({ reasonCode: REASON.quotaExceeded })
      }
    )
    const limits = { runningMax: IN_FLIGHT_MAX, waitingMax: LANE_WAITING_MAX }
    const lane = createLane(limits, (error) => {
      this.#ports.reportBug(error)
      client.close()
    })
    return { client, lane, outbox, filters, places }
  }

  #isToKeep(client: Client): boolean {
    return this.#ports.store !== null && !client.clean
  }

  #keptOf(client: Client): Listener | undefined {
    return client.clean ? undefined : this.#kept.get(client.id)
  }

  #listenerOf(client: Client): Listener {
    return this.#listeners.get(this.of(client)) as Listener
  }

  #createListener(received: readonly number[]): Listener {
    return { filters: new Map(), received: new Set(received), session: null, queue: null }
  }

  #createQueue(id: string): KeptQueue {
    const { store, reportBug } = this.#ports
    return createKeptQueue(id, store as MqttSessionStore, reportBug)
  }

  async #write(client: Client, { filters, received }: Listener): Promise<void> {
    const keepSeconds = client.version === 5 ? client.sessionExpiryInterval : NEVER_SECONDS
    const session = { id: client.id, keepSeconds, filters: [...filters], received: [...received] }
    await this.#ports.store?.keep(session)
  }

  #end(session: MqttSession, listener: Listener): void {
    session.outbox.close()
    // A new connection may have taken the session over already.
    if (listener.session !== session) return
    listener.session = null
    if (listener.queue === null)
      for (const filter of [...listener.filters.keys()]) this.#audiences.drop(listener, filter)
    else {
      listener.queue.detach()
      this.#ports.store?.setAway(session.client.id, true)
    }
  }
}

/** What a client of 3.1.1 asks for; the store has its own bound. */
const NEVER_SECONDS = 0xffff_ffff

/** Of states only the latest counts, for whoever is there to hear it. */
function messageOf(
  topic: string,
  channel: DeviceChannel,
  payload: string
): Omit<OutboundMessage, 'qos'> {
  return { topic, payload, isReplaceable: channel === 'state' }
}
