/**
 * The replica of a simulated node: the product's own, with ports of the simulated world.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import { openReplica, type Replica, type ReplicaPorts } from '../../../node/replica.ts'
import { createLocalVerifier } from '../virtual/local-verifier.ts'
import type { Founding } from './founding.ts'
import type { OpenStorage } from './node-storage.ts'
import type { SnapshotPlan } from './plan.ts'
import { ignore } from './quiet-log.ts'

/** Whose replica it is. */
export interface SimReplicaOptions {
  readonly founding: Founding
  readonly identitySeed: Uint8Array
  readonly snapshots: SnapshotPlan | null
  /** Which process of its node it belongs to. */
  readonly instance: number
}

/** What it reaches the world by. */
export interface SimReplicaPorts
  extends Pick<ReplicaPorts, 'clock' | 'network' | 'voteKeys' | 'log' | 'fail'> {
  readonly storage: OpenStorage
  /** A ledger is built from a snapshot: the node is to end and start anew. */
  readonly onInstalled: () => void
}

/** Opens it; it is silent until started. */
export function openSimReplica(
  { founding, identitySeed, snapshots, instance }: SimReplicaOptions,
  { storage, onInstalled, ...ports }: SimReplicaPorts
): Promise<Replica> {
  const identity = createEd25519Signer(identitySeed)
  return openReplica(
    {
      genesis: founding.genesis,
      identity: { publicKey: identity.publicKey, sign: (message) => identity.sign(message) },
      softwareHash: new Uint8Array(32),
      instance,
      memberAddresses: new Map(),
      pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
      batch: { closeAfterMs: 10, closeAtBytes: 65_536 },
      dissemination: { mode: 'auto', pushMembersMax: 16 },
      ...(snapshots && { snapshot: snapshots, keepBlocks: snapshots.keepBlocks })
    },
    {
      ...ports,
      ledger: storage.ledger,
      voteLog: storage.voteLog,
      verifier: createLocalVerifier(founding.networkTag),
      metrics: { count: ignore, measure: () => ignore },
      ...(snapshots && { snapshots: { ...storage.places, onInstalled } })
    }
  )
}
