/**
 * What the founders of the small network sign about blocks, for tests.
 *
 * @module
 */

import {
  type Block,
  type Certificate,
  createCertificate,
  type Electorate,
  encodeVote,
  equalBytes,
  invariant,
  type MemberIndex,
  type VoteKind
} from '../../protocol/index.ts'
import { ELECTORATE, founder, NETWORK_TAG } from './small-network.ts'

/** A certificate of both founders about a block; they sit in every electorate with the same keys. */
export function certify(
  kind: Exclude<VoteKind, 'nullify'>,
  block: Block,
  electorate: Electorate = ELECTORATE,
  networkTag: Uint8Array = NETWORK_TAG
): Certificate {
  const { epoch, view, parentView } = block.header
  const vote = { kind, epoch, view, subject: { parentView, blockId: block.id } }
  const message = encodeVote(networkTag, electorate, vote)
  return createCertificate(
    electorate.seats.map(({ memberId }, index) => {
      const signer = [founder(0), founder(1)].find((one) => equalBytes(one.memberId, memberId))
      invariant(signer !== undefined, 'the electorate is the two founders')
      return { vote, signer: index as MemberIndex, signature: signer.signVote(message) }
    })
  )
}
