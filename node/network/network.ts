/**
 * Network: how this node talks to others.
 *
 * A thin interface of our own: peers are keys, payloads are bytes, and nothing
 * outside this folder knows of libp2p. What a stranger does wrong ends in points
 * and a counter here, never in an exception elsewhere.
 *
 * @module
 */

import type { GossipJudge } from './gossip.ts'
import type { NetworkLimits } from './limits.ts'
import type { MemberMessageHandler } from './member-links.ts'
import { NetworkNode } from './network-node.ts'
import type { PeerKey } from './peer-key.ts'
import type { PeerStatus } from './peer-status.ts'
import type { MemberProtocol, RequestProtocol, Topic } from './protocol-names.ts'
import type { RequestOptions } from './request.ts'
import type { RequestHandler } from './serve.ts'

/** How a network is set up. */
export interface NetworkOptions {
  readonly networkId: string
  /** 32 bytes, the Ed25519 seed of the node's identity. */
  readonly identitySeed: Uint8Array
  readonly listenAddresses: readonly string[]
  readonly announceAddresses: readonly string[]
  /** Multiaddrs, with or without `/p2p/…`. */
  readonly bootstrapAddresses: readonly string[]
  readonly observersMax: number
  readonly limits?: Partial<NetworkLimits>
}

/** A member of the electorate and where it can be reached. */
export interface MemberAddress {
  readonly key: PeerKey
  readonly addresses: readonly string[]
}

/** What the network counts. Labels are few and never a stranger's text. */
export type NetworkMetric =
  | 'thingmoot_network_refused_connections_total'
  | 'thingmoot_network_offences_total'
  | 'thingmoot_network_bans_total'
  | 'thingmoot_network_member_offences_total'
  | 'thingmoot_network_dropped_messages_total'
  | 'thingmoot_network_sent_messages_total'
  | 'thingmoot_network_received_messages_total'
  | 'thingmoot_network_requests_total'
  | 'thingmoot_network_served_total'
  | 'thingmoot_network_gossip_judged_total'

/** A logger with levels; fields are words of the house. */
export interface NetworkLog {
  readonly debug: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly info: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** What the network needs from outside. */
export interface NetworkPorts {
  readonly log: NetworkLog
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly count: (metric: NetworkMetric, label: string, amount: number) => void
  /** Uniform in [0, 1); it spreads redials. */
  readonly random: () => number
}

/** How a node talks to others. */
export interface Network {
  readonly self: PeerKey
  /** Listens and begins to dial. */
  start(): Promise<void>
  /** Closes everything; it cannot be started again. */
  stop(): Promise<void>
  /** The multiaddrs others can dial, each with `/p2p/…`. */
  listening(): readonly string[]
  /** Replaces the electorate, of which this node may be part. */
  setMembers(members: readonly MemberAddress[]): void

  /**
   * Sends one message to a member, in order with those before it.
   *
   * @param message - left alone by its owner from now on
   * @returns false if the member is not connected, or its queue is full
   */
  sendToMember(protocol: MemberProtocol, to: PeerKey, message: Uint8Array): boolean
  /** Takes what members send; each stream waits for the handler. */
  onMemberMessage(handler: MemberMessageHandler): void

  /**
   * Asks one peer.
   *
   * @throws NodeError REQUEST_FAILED
   */
  request(
    protocol: RequestProtocol,
    to: PeerKey,
    request: Uint8Array,
    options?: RequestOptions
  ): Promise<Uint8Array<ArrayBuffer>>
  /** Answers requests. */
  serve(protocol: RequestProtocol, handler: RequestHandler): void

  /** Gossips a message; without subscribers it does nothing. */
  publish(topic: Topic, message: Uint8Array): Promise<void>
  /** Takes part in a topic. */
  subscribe(topic: Topic, judge: GossipJudge): void
  /** How many connected peers take part in a topic. */
  subscribers(topic: Topic): number

  /** Members, connected or not, and everybody else who is connected. */
  peers(): readonly PeerStatus[]
  /** Holds something against a peer. */
  penalise(from: PeerKey, points: number, reason: string): void
  /** Tells of peers that come and go. */
  onPeerChange(handler: (peer: PeerKey, isConnected: boolean) => void): void
}

/**
 * Makes a network; it does nothing until started.
 *
 * @throws NodeError KEY_FILE_WRONG or CONFIGURATION_WRONG if the options cannot work
 */
export function createNetwork(options: NetworkOptions, ports: NetworkPorts): Network {
  return new NetworkNode(options, ports)
}
