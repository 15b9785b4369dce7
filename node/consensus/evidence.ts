/**
 * Evidence: two votes of one member that cannot both be honest, kept once they are proved.
 *
 * @module
 */

import {
  type Electorate,
  encodeCbor,
  encodeVoteMessage,
  isVoteGenuine,
  type SignedVote,
  toHex
} from '../../protocol/index.ts'
import { evidenceKey } from '../ledger/keyspace.ts'
import type { Logger } from '../logger.ts'
import type { Database } from '../storage/database.ts'

/**
 * Keeps a pair of votes if both signatures are genuine: then its signer has no excuse.
 *
 * @returns the id of the member that is proved guilty; undefined when the votes prove nothing
 */
export function recordEvidence(
  first: SignedVote,
  second: SignedVote,
  ports: {
    readonly networkTag: Uint8Array
    readonly electorate: Electorate
    readonly database: Database
    readonly log: Logger
    readonly onFailure: (error: unknown) => void
  }
): Uint8Array | undefined {
  const { networkTag, electorate, database, log, onFailure } = ports
  const isProof = [first, second].every((vote) => isVoteGenuine(networkTag, electorate, vote))
  if (!isProof) return undefined
  const { epoch, view } = second.vote
  const batch = database.createBatch()
  const pair = [first, second].map(encodeVoteMessage)
  batch.put(evidenceKey(epoch, view, second.signer), encodeCbor(pair))
  batch.write({ sync: true }).catch(onFailure)
  const seat = electorate.seats[second.signer]
  log.warn('member equivocated', { memberId: seat && toHex(seat.memberId), epoch, view })
  return seat?.memberId
}
