/**
 * Gossip: one message to everybody who wants it.
 *
 * A message is passed on only after its judge has accepted it. While many of one
 * peer's messages are being judged, no more are read from that peer.
 *
 * @module
 */

import {
  type GossipSub,
  type GossipsubMessage,
  TopicValidatorResult
} from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import { NodeError } from '../errors.ts'
import type { NetworkLimits } from './limits.ts'
import { type PeerKey, peerKeyOf } from './peer-key.ts'
import { protocolName, TOPICS, type Topic } from './protocol-names.ts'

/** What becomes of a message: pass it on, drop it, or drop it and hold it against its sender. */
export type GossipJudgement = 'accept' | 'ignore' | 'reject'

/** Judges one message. */
export type GossipJudge = (
  from: PeerKey,
  message: Uint8Array<ArrayBuffer>
) => Promise<GossipJudgement>

/** Whom gossip tells. */
export interface GossipPorts {
  readonly onReject: (from: PeerKey, topic: Topic) => void
  readonly judged: (topic: Topic, judgement: GossipJudgement) => void
}

interface Reporting {
  readonly reportMessageValidationResult: (
    messageId: string,
    from: string,
    result: TopicValidatorResult
  ) => void
}

const RESULTS: Readonly<Record<GossipJudgement, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject
}

/** Judgements of one peer's messages that may be under way at once. */
const JUDGED_AT_ONCE_MAX = 16

interface Gate {
  open: number
  readonly waiting: (() => void)[]
}

/** The three topics of this network. */
export class Gossip {
  readonly #gossip: GossipSub
  readonly #limits: NetworkLimits
  readonly #ports: GossipPorts
  readonly #names: ReadonlyMap<Topic, string>
  readonly #topics: ReadonlyMap<string, Topic>
  readonly #judges = new Map<Topic, GossipJudge>()
  readonly #gates = new Map<string, Gate>()

  constructor(
    gossip: GossipSub,
    options: { readonly networkId: string; readonly limits: NetworkLimits },
    ports: GossipPorts
  ) {
    this.#gossip = gossip
    this.#limits = options.limits
    this.#ports = ports
    this.#names = new Map(TOPICS.map((topic) => [topic, protocolName(options.networkId, topic)]))
    this.#topics = new Map([...this.#names].map(([topic, name]) => [name, topic]))
    for (const [topic, name] of this.#names) {
      gossip.topicValidators.set(name, (from) => this.#admit(topic, from))
    }
    gossip.addEventListener('gossipsub:message', (event) => void this.#judge(event.detail))
  }

  /** Takes part in a topic from now on. */
  subscribe(topic: Topic, judge: GossipJudge): void {
    this.#judges.set(topic, judge)
    this.#gossip.subscribe(this.#name(topic))
  }

  /** How many connected peers take part in a topic. */
  subscribers(topic: Topic): number {
    return this.#gossip.getSubscribers(this.#name(topic)).length
  }

  /**
   * Sends a message to the peers of a topic; does nothing if there are none.
   *
   * @throws NodeError REQUEST_FAILED if the message is larger than gossip may carry
   */
  async publish(topic: Topic, message: Uint8Array): Promise<void> {
    if (message.length > this.#limits.gossipMessageMaxBytes) {
      throw new NodeError(
        'REQUEST_FAILED',
        `a gossiped ${topic} has at most ${this.#limits.gossipMessageMaxBytes} bytes, this has ${message.length}`
      )
    }
    if (this.subscribers(topic) === 0) return
    await this.#gossip.publish(this.#name(topic), message)
  }

  /** Waits until few enough of the peer's messages are being judged. */
  async #admit(topic: Topic, from: PeerId): Promise<TopicValidatorResult> {
    // Nobody here asked for it; it would only sit in the cache.
    if (!this.#judges.has(topic)) return TopicValidatorResult.Ignore
    const id = from.toString()
    const gate = this.#gates.get(id) ?? { open: 0, waiting: [] }
    this.#gates.set(id, gate)
    gate.open += 1
    if (gate.open > JUDGED_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => gate.waiting.push(resolve))
    }
    return TopicValidatorResult.Accept
  }

  async #judge(detail: GossipsubMessage): Promise<void> {
    const { propagationSource, msgId, msg } = detail
    const topic = this.#topics.get(msg.topic)
    const from = peerKeyOf(propagationSource)
    const judge = topic === undefined ? undefined : this.#judges.get(topic)
    if (topic === undefined || from === undefined || judge === undefined) return
    const isOversize = msg.data.length > this.#limits.gossipMessageMaxBytes
    // The message is passed on from gossipsub's own bytes; the judge may transfer these.
    const judgement = isOversize ? 'reject' : await judge(from, new Uint8Array(msg.data))
    const id = propagationSource.toString()
    const reporting = this.#gossip as unknown as Reporting
    reporting.reportMessageValidationResult(msgId, id, RESULTS[judgement])
    this.#ports.judged(topic, judgement)
    if (judgement === 'reject') this.#ports.onReject(from, topic)
    this.#leave(id)
  }

  #leave(id: string): void {
    const gate = this.#gates.get(id)
    if (gate === undefined) return
    gate.open -= 1
    gate.waiting.shift()?.()
    if (gate.open <= 0) this.#gates.delete(id)
  }

  #name(topic: Topic): string {
    return this.#names.get(topic) as string
  }
}
