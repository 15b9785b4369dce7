/**
 * NetworkNode: the parts of the network, joined.
 *
 * The only file of this folder that knows all the others; each part sees only
 * its ports.
 *
 * @module
 */

import type { Connection } from '@libp2p/interface'
import { CODE_P2P } from '@multiformats/multiaddr'
import { NodeError } from '../errors.ts'
import { ConnectionGate } from './connection-gate.ts'
import { DialPlan } from './dial-plan.ts'
import { Dialler } from './dialler.ts'
import { Discipline } from './discipline.ts'
import { Gossip, type GossipJudge } from './gossip.ts'
import { GossipGuard } from './gossip-guard.ts'
import { gossipOptions } from './gossip-settings.ts'
import { hostsOf, parseAddress } from './host-of.ts'
import { NETWORK_LIMITS, type NetworkLimits } from './limits.ts'
import { MemberLinks, type MemberMessageHandler } from './member-links.ts'
import type {
  MemberAddress,
  Network,
  NetworkMetric,
  NetworkOptions,
  NetworkPorts
} from './network.ts'
import { PeerConnections } from './peer-connections.ts'
import {
  type Identity,
  identityOf,
  type PeerKey,
  peerIdOf,
  peerKeyOf,
  peerKeyOfText
} from './peer-key.ts'
import { PeerQuotas } from './peer-quotas.ts'
import { type PeerStatus, peerStatuses } from './peer-status.ts'
import { Penalties } from './penalties.ts'
import type { MemberProtocol, RequestProtocol, Topic } from './protocol-names.ts'
import { registerProtocols } from './register-protocols.ts'
import { type RequestOptions, Requests } from './request.ts'
import { type RequestHandler, Server } from './serve.ts'
import { createTransport, startTransport, type Transport } from './transport.ts'

const SWEEP_MS = 250
const NETWORK_ID_PATTERN = /^[a-z0-9-]{1,32}$/
const FORGET_PEER_MS = 1_000
/** Rarer chores come round every 2.5 s. */
const SLOW_SWEEP_EVERY = 10
const MEMBER_SCORE = 10

/** What exists only between start and stop. */
interface Running {
  readonly transport: Transport
  readonly gossip: Gossip
  readonly guard: GossipGuard
  readonly timer: NodeJS.Timeout
}

/** One node's network; see {@link Network}. */
export class NetworkNode implements Network {
  readonly self: PeerKey
  readonly #identity: Identity
  readonly #options: NetworkOptions
  readonly #ports: NetworkPorts
  readonly #limits: NetworkLimits
  readonly #penalties: Penalties
  readonly #quotas: PeerQuotas
  readonly #gate: ConnectionGate
  readonly #connections: PeerConnections
  readonly #links: MemberLinks
  readonly #discipline: Discipline
  readonly #plan: DialPlan
  readonly #dialler: Dialler
  readonly #requests: Requests
  readonly #server: Server
  readonly #judges = new Map<Topic, GossipJudge>()
  readonly #peerChangeHandlers: ((peer: PeerKey, isConnected: boolean) => void)[] = []
  #members: ReadonlySet<PeerKey> = new Set()
  #memberHosts: ReadonlySet<string> = new Set()
  #memberHandler: MemberMessageHandler | undefined
  #running: Running | undefined
  #isListening = false
  #sweeps = 0

  constructor(options: NetworkOptions, ports: NetworkPorts) {
    if (!NETWORK_ID_PATTERN.test(options.networkId)) {
      throw new NodeError('CONFIGURATION_WRONG', `networkId is wrong: ${options.networkId}`)
    }
    this.#options = options
    this.#ports = ports
    this.#limits = { ...NETWORK_LIMITS, ...options.limits }
    this.#identity = identityOf(options.identitySeed)
    this.self = this.#identity.key
    const { now, random } = ports
    const isMember = (peer: PeerKey): boolean => this.#members.has(peer)
    this.#penalties = new Penalties(this.#limits, now)
    this.#quotas = new PeerQuotas(this.#limits, { now, isMember })
    this.#gate = this.#createGate(isMember)
    this.#connections = new PeerConnections(this.self, this.#limits, {
      now,
      onConnection: (peer, connection, isFirst) => this.#onConnection(peer, connection, isFirst),
      onDisconnected: (peer, aliveMs) => this.#onDisconnected(peer, aliveMs)
    })
    this.#links = this.#createLinks(isMember)
    this.#discipline = new Discipline(
      { penalties: this.#penalties, limits: this.#limits },
      {
        log: ports.log,
        count: ports.count,
        isMember,
        connectionOf: (peer) => this.#connections.of(peer),
        resetStreams: (peer) => this.#resetStreams(peer)
      }
    )
    this.#plan = new DialPlan({ self: this.self, limits: this.#limits, random })
    this.#planBootstraps()
    this.#dialler = this.#createDialler()
    this.#requests = new Requests(options.networkId, this.#limits, {
      now,
      connect: (to, signal) => this.#dialler.connect(to, signal),
      finished: (protocol, outcome) => {
        this.#count('thingmoot_network_requests_total', `${protocol} ${outcome}`)
      }
    })
    this.#server = this.#createServer()
  }

  async start(): Promise<void> {
    const { listenAddresses, networkId } = this.#options
    const transport = await createTransport({
      privateKey: this.#identity.privateKey,
      listenAddresses,
      announceAddresses: this.#options.announceAddresses,
      observersMax: this.#options.observersMax,
      limits: this.#limits,
      gater: this.#gate,
      gossip: gossipOptions({
        networkId,
        nodes: this.#members.size === 0 ? this.#limits.membersMax : this.#members.size,
        limits: this.#limits,
        scoreOf: (peerId) => this.#scoreOf(peerId)
      })
    })
    const { guard, gossip } = this.#createGossip(transport)
    transport.addEventListener('connection:open', ({ detail }) => this.#connections.opened(detail))
    transport.addEventListener('connection:close', ({ detail }) => this.#connections.closed(detail))
    await registerProtocols(
      transport,
      { networkId, limits: this.#limits },
      {
        member: (protocol, from, stream) => this.#links.accept(protocol, from, stream),
        request: (protocol, from, stream) => void this.#server.serve(protocol, from, stream)
      }
    )
    const timer = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#running = { transport, gossip, guard, timer }
    try {
      await startTransport(transport, listenAddresses)
    } catch (error) {
      await this.stop()
      throw error
    }
    for (const [topic, judge] of this.#judges) gossip.subscribe(topic, judge)
    this.#isListening = true
    this.#dialler.sweep()
  }

  async stop(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    clearInterval(running.timer)
    this.#dialler.stop()
    this.#isListening = false
    this.#running = undefined
    await running.transport.stop()
  }

  listening(): readonly string[] {
    return this.#running?.transport.getMultiaddrs().map((address) => address.toString()) ?? []
  }

  setMembers(members: readonly MemberAddress[]): void {
    const nowMs = this.#ports.now()
    this.#members = new Set(members.map((member) => member.key))
    this.#memberHosts = hostsOf(members.flatMap((member) => member.addresses))
    this.#plan.setMembers(members, nowMs)
    for (const key of this.#members) this.#penalties.pardon(key)
    this.#links.membersChanged()
    for (const [key, { connection }] of this.#connections.all()) {
      this.#plan.connected(key, nowMs)
      this.#links.connected(key, connection)
    }
    if (this.#isListening) this.#dialler.sweep()
  }

  sendToMember(protocol: MemberProtocol, to: PeerKey, message: Uint8Array): boolean {
    const isSent = this.#links.send(protocol, to, message)
    const metric = isSent
      ? 'thingmoot_network_sent_messages_total'
      : 'thingmoot_network_dropped_messages_total'
    this.#ports.count(metric, protocol, 1)
    return isSent
  }

  onMemberMessage(handler: MemberMessageHandler): void {
    this.#memberHandler = handler
  }

  request(
    protocol: RequestProtocol,
    to: PeerKey,
    request: Uint8Array,
    options?: RequestOptions
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#requests.request(protocol, to, request, options)
  }

  serve(protocol: RequestProtocol, handler: RequestHandler): void {
    this.#server.handle(protocol, handler)
  }

  async publish(topic: Topic, message: Uint8Array): Promise<void> {
    await this.#running?.gossip.publish(topic, message)
  }

  subscribe(topic: Topic, judge: GossipJudge): void {
    this.#judges.set(topic, judge)
    this.#running?.gossip.subscribe(topic, judge)
  }

  subscribers(topic: Topic): number {
    return this.#running?.gossip.subscribers(topic) ?? 0
  }

  peers(): readonly PeerStatus[] {
    return peerStatuses({
      connections: this.#connections,
      plan: this.#plan,
      isMember: (peer) => this.#members.has(peer),
      penaltyPoints: (peer) => this.#penalties.points(peer)
    })
  }

  penalise(from: PeerKey, points: number, reason: string): void {
    this.#discipline.penalise(from, points, reason)
  }

  onPeerChange(handler: (peer: PeerKey, isConnected: boolean) => void): void {
    this.#peerChangeHandlers.push(handler)
  }

  #createGate(isMember: (peer: PeerKey) => boolean): ConnectionGate {
    return new ConnectionGate(
      { observersMax: this.#options.observersMax, limits: this.#limits },
      {
        now: this.#ports.now,
        isMember,
        isMemberHost: (host) => this.#memberHosts.has(host),
        isBanned: (peer) => this.#penalties.isBanned(peer),
        isHostBanned: (host) => this.#penalties.isHostBanned(host),
        refused: (reason) => {
          this.#count('thingmoot_network_refused_connections_total', reason)
        }
      }
    )
  }

  #createLinks(isMember: (peer: PeerKey) => boolean): MemberLinks {
    return new MemberLinks(this.#options.networkId, this.#limits, {
      now: this.#ports.now,
      isMember,
      connectionOf: (peer) => this.#connections.of(peer),
      onMessage: (protocol, from, message) => {
        this.#ports.count('thingmoot_network_received_messages_total', protocol, 1)
        return this.#memberHandler?.(protocol, from, message)
      },
      onFault: (peer, fault) => this.#discipline.offence(peer, `member stream ${fault}`),
      dropped: (protocol, messages) => {
        this.#ports.count('thingmoot_network_dropped_messages_total', protocol, messages)
      }
    })
  }

  #createDialler(): Dialler {
    return new Dialler(
      { self: this.self, plan: this.#plan, dialMaxMs: this.#limits.dialMs },
      {
        now: this.#ports.now,
        dial: (addresses, signal) => {
          const transport = this.#running?.transport
          if (transport === undefined) return Promise.reject(new Error('the network is stopped'))
          return transport.dial(addresses, { signal })
        },
        connectionOf: (peer) => this.#connections.of(peer),
        peersConnected: () => this.#connections.size,
        failed: (target, reason) => {
          this.#ports.log.debug('dial failed', { target: target.name, reason })
        }
      }
    )
  }

  #createServer(): Server {
    return new Server(this.#limits, this.#quotas, {
      served: (protocol, outcome) => {
        this.#count('thingmoot_network_served_total', `${protocol} ${outcome}`)
      },
      onOffence: (from, reason) => this.#discipline.offence(from, reason),
      onHandlerFailed: (protocol, error) => {
        this.#ports.log.warn('request handler failed', { protocol, error })
      }
    })
  }

  #planBootstraps(): void {
    for (const address of this.#options.bootstrapAddresses) {
      const parsed = parseAddress(address)
      if (parsed === undefined) {
        throw new NodeError('CONFIGURATION_WRONG', `bootstrap address is no multiaddr: ${address}`)
      }
      const id = parsed.getComponents().findLast((part) => part.code === CODE_P2P)?.value
      const peer = id === undefined ? undefined : peerKeyOfText(id)
      this.#plan.addBootstrap(address, peer, this.#ports.now())
    }
  }

  #createGossip(transport: Transport): { guard: GossipGuard; gossip: Gossip } {
    const { gossip: gossipsub } = transport.services
    const guard = new GossipGuard(gossipsub, this.#limits, {
      now: this.#ports.now,
      admit: (from, frameBytes) => this.#admitGossip(peerKeyOf(from), frameBytes),
      onOffence: (from, reason) => this.#discipline.offence(peerKeyOf(from), reason)
    })
    const gossip = new Gossip(
      gossipsub,
      { networkId: this.#options.networkId, limits: this.#limits },
      {
        onReject: (from, topic) => this.#discipline.offence(from, `gossiped ${topic} rejected`),
        judged: (topic, judgement) => {
          this.#count('thingmoot_network_gossip_judged_total', `${topic} ${judgement}`)
        }
      }
    )
    return { guard, gossip }
  }

  /** Who gossips more than its quota is read from only as fast as the quota fills. */
  #admitGossip(from: PeerKey | undefined, frameBytes: number): Promise<void> | undefined {
    if (from === undefined) return undefined
    const waitMs = this.#quotas.waitMs(from, 'gossip')
    this.#quotas.book(from, 'gossip', { requests: 1, bytes: frameBytes })
    return waitMs === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, waitMs))
  }

  #scoreOf(peerId: string): number {
    const peer = peerKeyOfText(peerId)
    if (peer === undefined) return -this.#limits.banPoints
    return this.#members.has(peer) ? MEMBER_SCORE : -this.#penalties.points(peer)
  }

  #onConnection(peer: PeerKey, connection: Connection, isFirst: boolean): void {
    this.#plan.connected(peer, this.#ports.now())
    this.#links.connected(peer, connection)
    this.#running?.guard.connect(connection)
    if (isFirst) this.#tell(peer, true)
  }

  #onDisconnected(peer: PeerKey, aliveMs: number): void {
    this.#plan.disconnected(peer, aliveMs, this.#ports.now())
    this.#links.disconnected(peer)
    const running = this.#running
    if (running !== undefined) {
      running.guard.disconnect(peerIdOf(peer))
      setTimeout(() => this.#forget(running.transport, peer), FORGET_PEER_MS).unref()
    }
    this.#tell(peer, false)
  }

  /** Libp2p keeps a record of everybody it ever met; of strangers it shall not. */
  #forget(transport: Transport, peer: PeerKey): void {
    if (this.#connections.of(peer) !== undefined || this.#members.has(peer)) return
    // Losing the race against a new connection, or against the stop, costs nothing.
    transport.peerStore.delete(peerIdOf(peer)).catch(() => undefined)
  }

  #resetStreams(peer: PeerKey): void {
    this.#links.resetIncoming(peer)
    this.#running?.guard.reset(peerIdOf(peer))
  }

  #tell(peer: PeerKey, isConnected: boolean): void {
    for (const handler of this.#peerChangeHandlers) handler(peer, isConnected)
  }

  #sweep(): void {
    if (!this.#isListening) return
    this.#dialler.sweep()
    this.#links.sweep()
    this.#running?.guard.sweep()
    this.#sweeps += 1
    if (this.#sweeps % SLOW_SWEEP_EVERY !== 0) return
    this.#gate.sweep()
    this.#quotas.sweep()
    for (const [, { connection }] of this.#connections.all())
      this.#running?.guard.connect(connection)
  }

  #count(metric: NetworkMetric, label: string): void {
    this.#ports.count(metric, label, 1)
  }
}
