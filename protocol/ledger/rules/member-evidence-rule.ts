/**
 * member-evidence: who signed what no honest member signs is removed at the next seal, for ever.
 *
 * @see SPEC.md §5.5 Evidence against members
 * @module
 */

import { decodeBatchHeader, isBatchSigned } from '../../blocks/batch.ts'
import { decodeCbor } from '../../codec/cbor.ts'
import { bytes, bytesBetween, list, tuple, uint } from '../../codec/shape.ts'
import { decodeMemberMessage } from '../../consensus/message.ts'
import { isSameVote, isVoteGenuine, type SignedVote } from '../../consensus/vote.ts'
import { coseFromFields } from '../../crypto/cose.ts'
import { isInList } from '../../crypto/merkle.ts'
import { equalBytes, toHex } from '../../foundation/bytes.ts'
import { decodeElectorate, type Electorate } from '../../membership/electorate.ts'
import { leaderOf, leaderOrder } from '../../membership/leaders.ts'
import { MEMBER_OFFENCES, type MemberEvidence } from '../../transactions/member-evidence.ts'
import {
  decodeTransaction,
  judgeSignatures,
  transactionLeaf,
  transactionPriority
} from '../../transactions/transaction.ts'
import { changeGovernance, closeMotion } from '../governance/motion-book.ts'
import { readGovernance, seatedMember } from '../governance/trust.ts'
import { applied, refused, waits } from '../outcome.ts'
import { electorates, epochKey, tombstones } from '../records/governance-record.ts'
import { members } from '../records/member-record.ts'
import { applications, MOTION_STATUS } from '../records/motion-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

/** Judges the proof; a member that it convicts loses seat and name, and those who certified it their stock. */
export const memberEvidenceRule: Rule<MemberEvidence> = (act, transaction, context) => {
  const { state, height } = context
  const { accusedMemberId } = act
  if (state.read(tombstones, accusedMemberId) !== undefined) return refused('MEMBER_TOMBSTONED')
  const electorate = electorateOfAct(act, context)
  if (electorate === undefined) return refused('EVIDENCE_TOO_OLD')
  if (!isProved(act, electorate, context)) return refused('EVIDENCE_WRONG')
  const carrier = payIntroduction(transaction, context)
  if (carrier === undefined) return waits('QUOTA_EMPTY')
  state.write(members, context.carrierId, carrier)
  state.write(tombstones, accusedMemberId, { offence: act.offence, atHeight: height })
  freezeVouchers(accusedMemberId, context)
  closeApplication(accusedMemberId, context)
  if (seatedMember(state, accusedMemberId) !== undefined)
    changeGovernance(state, ({ removals }) => ({ removals: [...removals, accusedMemberId] }))
  return applied
}

/** Who left before the proof came may have asked for a seat again, or be about to get it. */
function closeApplication(accusedMemberId: Uint8Array, { state, timeMs }: RuleContext): void {
  for (const id of readGovernance(state).openApplications) {
    const application = state.read(applications, id)
    if (application !== undefined && equalBytes(application.apply.memberId, accusedMemberId))
      closeMotion(state, id, { status: MOTION_STATUS.lapsed, timeMs })
  }
}

/** The electorate of the epoch in question, if that is not over for too long. */
function electorateOfAct(
  { epoch }: MemberEvidence,
  { state, parameters, timeMs }: RuleContext
): Electorate | undefined {
  const record = state.read(electorates, epochKey(epoch))
  const next = state.read(electorates, epochKey(epoch + 1))
  if (record === undefined) return undefined
  if (next !== undefined && timeMs - next.sinceMs > parameters.evidenceAgeMaxMs) return undefined
  return decodeElectorate(record.electorateBytes)
}

function isProved(act: MemberEvidence, electorate: Electorate, context: RuleContext): boolean {
  if (act.offence === MEMBER_OFFENCES.faultyBatch)
    return electorate.indexOf.has(toHex(act.accusedMemberId)) && isBatchFaulty(act, context)
  const accused = electorate.indexOf.get(toHex(act.accusedMemberId))
  if (accused === undefined || act.itemB === null || act.proof !== null) return false
  const votes = [act.itemA, act.itemB].map((item) => decodeMemberMessage(item, accused))
  const [first, second] = votes.map((message) =>
    message?.kind === 'vote' ? message.vote : undefined
  )
  if (first === undefined || second === undefined) return false
  const { networkTag } = context
  return (
    isContradiction(act.offence, [first, second], electorate) &&
    [first, second].every((vote) => isVoteGenuine(networkTag, electorate, vote))
  )
}

/** Whether two votes of one view are such as no honest member signs both. */
function isContradiction(
  offence: number,
  [first, second]: readonly [SignedVote, SignedVote],
  electorate: Electorate
): boolean {
  const { vote: a, signer } = first
  const { vote: b } = second
  if (a.view !== b.view || isSameVote(a, b) || a.view < 1) return false
  switch (offence) {
    case MEMBER_OFFENCES.twoProposals:
      return (
        a.kind === 'notarise' &&
        b.kind === 'notarise' &&
        leaderOf(leaderOrder(electorate), a.view) === signer
      )
    case MEMBER_OFFENCES.twoNotarise:
      return a.kind === 'notarise' && b.kind === 'notarise'
    case MEMBER_OFFENCES.twoFinalise:
      return a.kind === 'finalise' && b.kind === 'finalise'
    case MEMBER_OFFENCES.nullifyAndFinalise:
      return a.kind === 'nullify' && b.kind === 'finalise'
    default:
      return false
  }
}

const batchFields = tuple(bytesBetween(1, 256), coseFromFields)
const pathFields = tuple(uint(), list(bytes(32), 32))

/** Whether the accused signed for a batch one of whose transactions has a fault of its own. */
function isBatchFaulty(
  { itemA, itemB, proof, accusedMemberId }: MemberEvidence,
  { networkTag }: RuleContext
): boolean {
  const item = batchFields(decodeCbor(itemA))
  const place = proof === null ? undefined : pathFields(decodeCbor(proof))
  const header = item && decodeBatchHeader(item[0])
  if (item === undefined || header === undefined || place === undefined || itemB === null)
    return false
  if (!equalBytes(header.author, accusedMemberId)) return false
  const [headerBytes, signature] = item
  if (!isBatchSigned(networkTag, { header, headerBytes, signature })) return false
  const decoded = decodeTransaction(itemB, networkTag)
  // What does not decode has no leaf: it cannot be laid at anybody's door.
  if (!decoded.ok) return false
  const transaction = decoded.value
  const [index, path] = place
  const isInBatch = isInList(
    transactionLeaf(transaction),
    { index, count: header.count, path },
    header.transactionsRoot
  )
  if (!isInBatch) return false
  return (
    transactionPriority(transaction) !== header.priority ||
    !judgeSignatures(transaction, networkTag).ok
  )
}

/** Who certified a liar may certify nobody for some epochs. */
function freezeVouchers(accusedMemberId: Uint8Array, { state, parameters }: RuleContext): void {
  const until = readGovernance(state).epoch + parameters.vouchFreezeEpochs
  for (const voucherId of state.read(members, accusedMemberId)?.vouchers ?? []) {
    const voucher = state.read(members, voucherId)
    if (voucher !== undefined)
      state.write(members, voucherId, { ...voucher, vouchFrozenUntilEpoch: until })
  }
}
