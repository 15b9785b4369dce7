/**
 * What the founders of the small network sign about blocks, for tests.
 *
 * @module
 */

import {
  type Block,
  type Certificate,
  createCertificate,
  encodeVote,
  equalBytes,
  invariant,
  type MemberIndex,
  type VoteKind
} from '../../protocol/index.ts'
import { ELECTORATE, founder, NETWORK_TAG } from './small-network.ts'

/** A certificate of both founders about a block. */
export function certify(kind: Exclude<VoteKind, 'nullify'>, block: Block): Certificate {
  const { epoch, view, parentView } = block.header
  const vote = { kind, epoch, view, subject: { parentView, blockId: block.id } }
  const message = encodeVote(NETWORK_TAG, ELECTORATE, vote)
  return createCertificate(
    ELECTORATE.seats.map(({ memberId }, index) => {
      const signer = [founder(0), founder(1)].find((one) => equalBytes(one.memberId, memberId))
      invariant(signer !== undefined, 'the electorate is the two founders')
      return { vote, signer: index as MemberIndex, signature: signer.signVote(message) }
    })
  )
}
