/**
 * One node's view of the simulated network: what the product's own network looks like to its parts.
 *
 * @module
 */

import { NodeError } from '../../../node/errors.ts'
import type { GossipJudge } from '../../../node/network/gossip.ts'
import type { MemberMessageHandler } from '../../../node/network/member-links.ts'
import type { Network } from '../../../node/network/network.ts'
import type { PeerStatus } from '../../../node/network/peer-status.ts'
import type {
  MemberProtocol,
  RequestProtocol,
  Topic
} from '../../../node/network/protocol-names.ts'
import type { RequestHandler } from '../../../node/network/serve.ts'
import type { Agenda } from './agenda.ts'
import type { VirtualNetwork } from './virtual-network.ts'

/** What a node's network needs from the world. */
export interface NodeNetworkPorts {
  readonly network: VirtualNetwork
  readonly nowMs: () => number
  readonly agenda: Agenda
  readonly isAlive: () => boolean
  readonly isMember: (key: string) => boolean
  /** Passed before a message leaves; it may end the process. */
  readonly point: () => void
  /** Every message to a member as it leaves; what it returns leaves in its place. */
  readonly onSend: (protocol: MemberProtocol, to: string, message: Uint8Array) => Outgoing
  /** Every message and every question that has left. */
  readonly onLeave: (
    protocol: MemberProtocol | RequestProtocol,
    to: string,
    message: Uint8Array
  ) => void
  /** Every message that comes on a member's stream; false keeps it from the node's own parts. */
  readonly onReceive: (protocol: MemberProtocol, from: string, message: Uint8Array) => boolean
  /** An answer as it leaves; undefined for silence. */
  readonly onAnswer: (
    protocol: RequestProtocol,
    request: Uint8Array,
    answer: Uint8Array
  ) => Uint8Array | undefined
  readonly onPenalty: (from: string, reason: string) => void
}

/** What leaves in place of a message: nothing, or some. */
export type Outgoing = readonly Uint8Array[]

interface Inbox {
  readonly waiting: Uint8Array[]
  isBusy: boolean
}

const NEVER: Promise<never> = new Promise(() => undefined)
const REQUEST_TIMEOUT_MS = 10_000
/** Messages that wait for a handler on one stream; beyond, the sender's queue is full. */
const INBOX_MAX = 4_096

/** The network of one process. */
export class NodeNetwork implements Network {
  readonly self: string
  readonly #index: number
  readonly #ports: NodeNetworkPorts
  readonly #inboxes = new Map<string, Inbox>()
  readonly #handlers = new Map<RequestProtocol, RequestHandler>()
  readonly #judges = new Map<Topic, GossipJudge>()
  readonly #peers = new Set<string>()
  #onMessage: MemberMessageHandler = () => undefined
  #onPeerChange: (peer: string, isConnected: boolean) => void = () => undefined

  constructor(self: string, index: number, ports: NodeNetworkPorts) {
    this.self = self
    this.#index = index
    this.#ports = ports
    ports.network.name(index, self)
  }

  async start(): Promise<void> {
    this.#ports.network.attach(this.#index, this)
  }

  async stop(): Promise<void> {
    this.#ports.network.detach(this.#index)
  }

  listening(): readonly string[] {
    return []
  }

  setMembers(): void {
    // The electorate of a simulated network is fixed in its genesis.
  }

  sendToMember(protocol: MemberProtocol, to: string, message: Uint8Array): boolean {
    if (!this.#ports.isAlive()) return false
    this.#ports.point()
    if (!this.#ports.isAlive() || !this.#peers.has(to)) return false
    for (const bytes of this.#ports.onSend(protocol, to, message)) this.push(protocol, to, bytes)
    return true
  }

  /** Sends as it is, whatever the node's own parts think of it. */
  push(protocol: MemberProtocol, to: string, message: Uint8Array): void {
    const place = this.#ports.network.placeOf(to)
    if (place === undefined) return
    const { network } = this.#ports
    this.#ports.onLeave(protocol, to, message)
    network.carry({ from: this.#index, to: place }, message, (bytes) =>
      network.nodeAt(place)?.receive(protocol, this.self, bytes)
    )
  }

  onMemberMessage(handler: MemberMessageHandler): void {
    this.#onMessage = handler
  }

  /** A message has come on a member's stream: the next one of that stream waits for this one. */
  receive(protocol: MemberProtocol, from: string, message: Uint8Array): void {
    if (!this.#peers.has(from) || !this.#ports.isAlive()) return
    if (!this.#ports.onReceive(protocol, from, message)) return
    const name = `${protocol}/${from}`
    let inbox = this.#inboxes.get(name)
    if (inbox === undefined) {
      inbox = { waiting: [], isBusy: false }
      this.#inboxes.set(name, inbox)
    }
    if (inbox.waiting.length >= INBOX_MAX) return
    inbox.waiting.push(message)
    if (!inbox.isBusy) void this.#work(inbox, protocol, from)
  }

  async request(
    protocol: RequestProtocol,
    to: string,
    request: Uint8Array,
    options: { readonly timeoutMs?: number } = {}
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { network, agenda, nowMs, isAlive } = this.#ports
    const place = network.placeOf(to)
    if (!isAlive()) return await NEVER
    if (place === undefined || !this.#peers.has(to)) throw unanswered(protocol, to)
    this.#ports.onLeave(protocol, to, request)
    return await new Promise((resolve, reject) => {
      const timeout = agenda.enter(nowMs() + (options.timeoutMs ?? REQUEST_TIMEOUT_MS), () => {
        if (isAlive()) reject(unanswered(protocol, to))
      })
      network.carry({ from: this.#index, to: place }, request, (asked) =>
        network
          .nodeAt(place)
          ?.answer({ protocol, from: this.self, place: this.#index }, asked, (answer) => {
            if (!isAlive()) return
            timeout.isCancelled = true
            resolve(new Uint8Array(answer))
          })
      )
    })
  }

  serve(protocol: RequestProtocol, handler: RequestHandler): void {
    this.#handlers.set(protocol, handler)
  }

  /** Answers a question, over the link back to who asked. */
  answer(
    asked: { readonly protocol: RequestProtocol; readonly from: string; readonly place: number },
    request: Uint8Array,
    reply: (answer: Uint8Array) => void
  ): void {
    const handler = this.#handlers.get(asked.protocol)
    if (handler === undefined || !this.#ports.isAlive()) return
    const send = (honest: Uint8Array): void => {
      const { network, isAlive, onAnswer } = this.#ports
      const answer = isAlive() ? onAnswer(asked.protocol, request, honest) : undefined
      if (answer !== undefined) network.carry({ from: this.#index, to: asked.place }, answer, reply)
    }
    // As in the product, a question whose answer fails is not answered.
    handler(asked.from, new Uint8Array(request)).then(send, () => undefined)
  }

  async publish(topic: Topic, message: Uint8Array): Promise<void> {
    if (!this.#ports.isAlive()) return
    const { network } = this.#ports
    for (const peer of this.#peers) {
      const place = network.placeOf(peer)
      if (place === undefined) continue
      network.carry({ from: this.#index, to: place }, message, (bytes) =>
        network.nodeAt(place)?.hear(topic, this.self, bytes)
      )
    }
  }

  subscribe(topic: Topic, judge: GossipJudge): void {
    this.#judges.set(topic, judge)
  }

  subscribers(topic: Topic): number {
    const { network } = this.#ports
    return [...this.#peers].filter((peer) => {
      const place = network.placeOf(peer)
      return place !== undefined && network.nodeAt(place)?.hears(topic) === true
    }).length
  }

  /** Whether it takes part in a topic. */
  hears(topic: Topic): boolean {
    return this.#judges.has(topic)
  }

  /** A gossiped message has come. */
  hear(topic: Topic, from: string, message: Uint8Array): void {
    if (this.#ports.isAlive()) void this.#judges.get(topic)?.(from, new Uint8Array(message))
  }

  peers(): readonly PeerStatus[] {
    return [...this.#peers].map((key) => ({
      key,
      isMember: this.#ports.isMember(key),
      state: 'connected',
      sinceMs: 0,
      direction: 'outbound',
      address: undefined,
      roundTripMs: undefined,
      lastError: undefined,
      penaltyPoints: 0
    }))
  }

  penalise(from: string, _points: number, reason: string): void {
    this.#ports.onPenalty(from, reason)
  }

  onPeerChange(handler: (peer: string, isConnected: boolean) => void): void {
    this.#onPeerChange = handler
  }

  /** A peer has come or gone. */
  notice(peer: string, isConnected: boolean): void {
    if (isConnected) this.#peers.add(peer)
    else {
      this.#peers.delete(peer)
      for (const protocol of ['votes', 'batches']) this.#inboxes.delete(`${protocol}/${peer}`)
    }
    if (this.#ports.isAlive()) this.#onPeerChange(peer, isConnected)
  }

  async #work(inbox: Inbox, protocol: MemberProtocol, from: string): Promise<void> {
    inbox.isBusy = true
    for (let next = inbox.waiting.shift(); next !== undefined; next = inbox.waiting.shift()) {
      if (!this.#ports.isAlive()) return
      await this.#onMessage(protocol, from, new Uint8Array(next))
    }
    inbox.isBusy = false
  }
}

function unanswered(protocol: RequestProtocol, to: string): NodeError {
  return new NodeError('REQUEST_FAILED', `${protocol}: ${to} did not answer`)
}
