/**
 * The settings of gossipsub, and why.
 *
 * Gossip is the plane of everybody: batches, final blocks, evidence. Members
 * need no favour here (they have links of their own), so nobody is a direct
 * peer, whom gossipsub would neither score nor graylist.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import type { NetworkLimits } from './limits.ts'
import { protocolName, TOPICS } from './protocol-names.ts'

/** What the settings depend on. */
export interface GossipSettings {
  readonly networkId: string
  /** Members of the network; the mesh is no wider than they are many. */
  readonly nodes: number
  readonly limits: NetworkLimits
  /** What we think of a peer, from its libp2p id in text: above zero for members. */
  readonly scoreOf: (peerId: string) => number
}

const MESSAGE_ID_BYTES = 20

/** The id of a message: nobody can make two of one, nor spoil another's. */
function gossipMessageId(topic: string, data: Uint8Array): Uint8Array {
  return createHash('sha256').update(topic).update(data).digest().subarray(0, MESSAGE_ID_BYTES)
}

/** The options for `gossipsub()`. */
export function gossipOptions(settings: GossipSettings): Partial<GossipsubOpts> {
  const { networkId, nodes, limits, scoreOf } = settings
  const topics = TOPICS.map((topic) => protocolName(networkId, topic))
  return {
    globalSignaturePolicy: 'StrictNoSign', // content is signed by its author
    msgIdFn: (message) => gossipMessageId(message.topic, message.data),
    allowedTopics: topics,
    fallbackToFloodsub: false,
    doPX: false,
    canRelayMessage: false,
    asyncValidation: true,
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    batchPublish: true, // one encoding for all peers
    ...meshDegrees(nodes),
    Dlazy: 6,
    heartbeatInterval: 700,
    mcacheLength: 6,
    mcacheGossip: 3,
    fanoutTTL: 60_000,
    seenTTL: 120_000,
    floodPublish: false,
    gossipsubIWantFollowupMs: 5_000,
    idontwantMinDataSize: 16_829,
    maxInboundDataLength: limits.gossipFrameMaxBytes,
    maxOutboundBufferSize: 4 * 1024 * 1024, // unbounded by default
    maxInboundStreams: 2,
    maxOutboundStreams: 1,
    maxTopicBytesPerPeer: 32_768,
    decodeRpcLimits: {
      maxSubscriptions: 16,
      maxMessages: 256,
      // An honest peer announces and asks up to 5,000 ids in one frame; less would ban it.
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 32,
      maxPeerInfos: 0
    },
    scoreThresholds: {
      gossipThreshold: -40,
      publishThreshold: -80,
      graylistThreshold: -160,
      acceptPXThreshold: 1e9,
      opportunisticGraftThreshold: 5
    },
    scoreParams: {
      topicScoreCap: 10, // good behaviour can never pay for bad
      appSpecificScore: scoreOf,
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0, // the gate counts observers per host instead
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyWeight: -10,
      behaviourPenaltyDecay: 0.98,
      decayInterval: 1_000,
      decayToZero: 0.01,
      retainScore: 3_600_000,
      topics: Object.fromEntries(topics.map((topic) => [topic, { ...TOPIC_SCORE }]))
    }
  }
}

const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.5,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 20,
  meshMessageDeliveriesWeight: 0, // quiet topics would punish honest peers
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 100,
  meshMessageDeliveriesThreshold: 20,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 5_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -50, // squared: one costs 50, two 200 and the graylist
  invalidMessageDeliveriesDecay: 0.995
}

function meshDegrees(nodes: number): {
  D: number
  Dlo: number
  Dhi: number
  Dscore: number
  Dout: number
} {
  const D = Math.max(1, Math.min(8, nodes - 1))
  const Dlo = Math.max(1, Math.min(6, nodes - 1))
  return { D, Dlo, Dhi: 12, Dscore: Math.min(4, D), Dout: nodes < 7 ? 1 : 2 }
}
