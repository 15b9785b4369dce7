/**
 * Every bound of the network in one table.
 *
 * A number without a bound is an invitation: whatever a peer can make us hold,
 * open, answer or wait for has its line here.
 *
 * @module
 */

/** What one peer may ask of one protocol within {@link NetworkLimits.quotaWindowMs}. */
export interface Quota {
  readonly requests: number
  /** Request and answer together. */
  readonly bytes: number
}

/** A quota for those who vote and one for everybody else. */
export interface QuotaPair {
  readonly member: Quota
  readonly observer: Quota
}

/** The bounds of {@link NETWORK_LIMITS}; each may be replaced one by one. */
export interface NetworkLimits {
  readonly votesMessageMaxBytes: number
  readonly batchesMessageMaxBytes: number
  readonly gossipMessageMaxBytes: number
  readonly gossipFrameMaxBytes: number
  readonly fetchRequestMaxBytes: number
  readonly submitRequestMaxBytes: number
  readonly statusRequestMaxBytes: number
  readonly fetchAnswerMaxBytes: number
  readonly submitAnswerMaxBytes: number
  readonly statusAnswerMaxBytes: number

  readonly votesQueueMaxBytes: number
  readonly batchesQueueMaxBytes: number
  readonly backlogMaxBytes: number
  readonly connectionWriteMaxBytes: number

  readonly requestFirstByteMs: number
  readonly requestWholeMs: number
  readonly serveMs: number
  readonly memberFrameMs: number
  readonly gossipFrameMs: number
  readonly negotiationMs: number
  readonly upgradeMs: number
  readonly dialMs: number
  readonly closeMs: number
  readonly socketInactivityMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMinMs: number

  readonly requestsAtOnceMax: number
  readonly requestsWaitingMax: number
  readonly servedAtOnceMax: number
  readonly requestStreamsInMax: number
  readonly memberStreamsMax: number
  readonly muxerStreamsInMax: number
  readonly muxerStreamsOutMax: number
  readonly streamWindowMaxBytes: number
  readonly streamReadMaxBytes: number
  readonly streamWriteMaxBytes: number

  readonly membersMax: number
  readonly observersPerHostMax: number
  readonly pendingMax: number
  readonly pendingPerHostMax: number
  readonly connectionsPerHostPerSecond: number
  readonly handshakeBurstPerHost: number
  readonly handshakePeriodPerHostMs: number
  readonly handshakesPerSubnetPerSecond: number
  readonly parallelDialsMax: number
  readonly dialQueueMax: number
  readonly addressesPerPeerMax: number
  readonly socketBacklog: number

  readonly redialMinMs: number
  readonly redialMaxMs: number
  readonly higherKeyWaitMs: number
  readonly connectionSettledMs: number
  readonly simultaneousDialMs: number
  readonly peersWanted: number

  readonly banMs: number
  readonly banPoints: number
  readonly offenceWindowMs: number
  readonly penaltyHalfLifeMs: number
  readonly bansPerHostMax: number
  readonly offendersMax: number

  readonly quotaWindowMs: number
  readonly quotaWaitMs: number
  readonly quotas: Readonly<Record<'fetch' | 'submit' | 'status' | 'gossip', QuotaPair>>
}

const KIB = 1024
const MIB = 1024 * KIB

/** The defaults. A figure that a reader would not guess says where it comes from. */
export const NETWORK_LIMITS: NetworkLimits = {
  // A proposal may carry small batches within itself.
  votesMessageMaxBytes: 1.25 * MIB,
  // A batch of 128 KiB and its header.
  batchesMessageMaxBytes: 132 * KIB,
  gossipMessageMaxBytes: 256 * KIB,
  // One message, and beside it the ids a peer may announce at once (5,000 of 20 bytes).
  gossipFrameMaxBytes: 512 * KIB,
  fetchRequestMaxBytes: 64 * KIB,
  submitRequestMaxBytes: 512 * KIB,
  statusRequestMaxBytes: 4 * KIB,
  fetchAnswerMaxBytes: 8 * MIB,
  submitAnswerMaxBytes: 512 * KIB,
  statusAnswerMaxBytes: 64 * KIB,

  votesQueueMaxBytes: 4 * MIB,
  batchesQueueMaxBytes: 8 * MIB,
  backlogMaxBytes: 256 * KIB,
  // Windows of some streams that found the socket full, and the answers to their pings.
  connectionWriteMaxBytes: 8 * MIB,

  requestFirstByteMs: 5_000,
  requestWholeMs: 10_000,
  serveMs: 15_000,
  // 1.25 MiB over a link of 256 kbit/s takes 41 s.
  memberFrameMs: 60_000,
  gossipFrameMs: 20_000,
  negotiationMs: 5_000,
  upgradeMs: 5_000,
  dialMs: 5_000,
  closeMs: 2_000,
  socketInactivityMs: 60_000,
  pingIntervalMs: 10_000,
  pingTimeoutMinMs: 4_000,

  requestsAtOnceMax: 4,
  requestsWaitingMax: 256,
  servedAtOnceMax: 512,
  requestStreamsInMax: 8,
  memberStreamsMax: 4,
  muxerStreamsInMax: 64,
  muxerStreamsOutMax: 64,
  streamWindowMaxBytes: 1 * MIB,
  streamReadMaxBytes: 1 * MIB,
  streamWriteMaxBytes: 4 * MIB,

  membersMax: 256,
  observersPerHostMax: 4,
  // libp2p's own counter is one for all hosts: ten idle sockets of one host would shut the
  // door for everybody. So the total is wide and each host has its share.
  pendingMax: 512,
  pendingPerHostMax: 10,
  connectionsPerHostPerSecond: 5,
  handshakeBurstPerHost: 10,
  handshakePeriodPerHostMs: 5_000,
  handshakesPerSubnetPerSecond: 64,
  parallelDialsMax: 16,
  dialQueueMax: 200,
  addressesPerPeerMax: 4,
  socketBacklog: 64,

  redialMinMs: 250,
  redialMaxMs: 60_000,
  // The higher key leaves the first dial to the lower one.
  higherKeyWaitMs: 1_000,
  connectionSettledMs: 10_000,
  // Twice the longest dial, so that both sides judge one pair of dials alike.
  simultaneousDialMs: 10_000,
  peersWanted: 3,

  banMs: 4 * 3_600_000,
  banPoints: 100,
  offenceWindowMs: 10_000,
  penaltyHalfLifeMs: 60_000,
  bansPerHostMax: 4,
  offendersMax: 4_096,

  quotaWindowMs: 10_000,
  quotaWaitMs: 2_000,
  quotas: {
    fetch: {
      member: { requests: 8_192, bytes: 128 * MIB },
      observer: { requests: 2_048, bytes: 64 * MIB }
    },
    submit: {
      member: { requests: 8_192, bytes: 64 * MIB },
      observer: { requests: 2_048, bytes: 4 * MIB }
    },
    status: {
      member: { requests: 1_024, bytes: 4 * MIB },
      observer: { requests: 64, bytes: 1 * MIB }
    },
    gossip: {
      member: { requests: 65_536, bytes: 256 * MIB },
      observer: { requests: 16_384, bytes: 64 * MIB }
    }
  }
}

/** Points of an offence of which two within {@link NetworkLimits.offenceWindowMs} mean a ban. */
export const SERIOUS_OFFENCE_POINTS = 50
