/**
 * Kinds: the one table of what a transaction may be.
 *
 * A new kind is a file of its own with its shape, a row here, and a rule in
 * ledger/rules; nothing else needs to know of it.
 *
 * @see SPEC.md §3.4 Kinds
 * @module
 */

import type { Shape } from '../codec/shape.ts'
import { EVIDENCE_SIZE_MAX_BYTES, TRANSACTION_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import type { Priority } from '../types.ts'
import { BALLOT_KIND, type Ballot, readBallot } from './ballot.ts'
import { BIRTH_BATCH_KIND, type BirthBatch, readBirthBatch } from './birth-batch.ts'
import { CLAIM_KIND, type Claim, readClaim } from './claim.ts'
import { CLASS_DEFINE_KIND, type ClassDefine, readClassDefine } from './class-define.ts'
import { contentPriority } from './content.ts'
import { DEVICE_MESSAGE_KIND, type DeviceMessage, readDeviceMessage } from './device-message.ts'
import type { MemberPrefix } from './member-act.ts'
import { MEMBER_APPLY_KIND, type MemberApply, readMemberApply } from './member-apply.ts'
import { MEMBER_EVIDENCE_KIND, type MemberEvidence, readMemberEvidence } from './member-evidence.ts'
import { MEMBER_LEAVE_KIND, type MemberLeave, readMemberLeave } from './member-leave.ts'
import { MEMBER_READY_KIND, type MemberReady, readMemberReady } from './member-ready.ts'
import { MEMBER_RENEW_KIND, type MemberRenew, readMemberRenew } from './member-renew.ts'
import { MOTION_OPEN_KIND, type MotionOpen, readMotionOpen } from './motion-open.ts'
import { MOTION_WITHDRAW_KIND, type MotionWithdraw, readMotionWithdraw } from './motion-withdraw.ts'
import type { Role } from './role.ts'
import type { VendorPrefix } from './vendor-act.ts'
import { readVendorSet, VENDOR_SET_KIND, type VendorSet } from './vendor-set.ts'

/** What a transaction says: one type per kind, told apart by `kind`. */
export type Body =
  | DeviceMessage
  | Claim
  | VendorSet
  | ClassDefine
  | BirthBatch
  | MemberApply
  | MemberReady
  | MemberRenew
  | MemberLeave
  | MotionOpen
  | Ballot
  | MotionWithdraw
  | MemberEvidence

/** The name of a kind, as every surface spells it. */
export type KindName = Body['kind']

/** One signature that a kind asks for; a key of null stands in state and is checked there. */
export interface Signer {
  readonly role: Role
  readonly key: Uint8Array | null
}

/** What the table knows of one kind. */
export interface KindDefinition<B extends Body = Body> {
  readonly number: number
  readonly name: B['kind']
  readonly sizeMaxBytes: number
  /** Whether it carries an attachment; all others carry null. */
  readonly hasAttachment: boolean
  /** Whether strangers sign it, so that it draws on the introductions of the member that carries it. */
  readonly isIntroduction: boolean
  readonly read: Shape<B>
  readonly priority: (body: B) => Priority
  /** The signatures in their fixed order. */
  readonly signers: (body: B) => readonly Signer[]
  /** Keys that the kind registers without their signing it. */
  readonly registeredKeys: (body: B) => readonly Uint8Array[]
}

const none = (): readonly Uint8Array[] => []

const deviceMessage: KindDefinition<DeviceMessage> = {
  number: DEVICE_MESSAGE_KIND,
  name: 'device-message',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: true,
  isIntroduction: false,
  read: readDeviceMessage,
  priority: ({ contentKind }) => contentPriority(contentKind),
  signers: ({ signingKey }) => [{ role: 'device', key: signingKey }],
  registeredKeys: none
}

const claim: KindDefinition<Claim> = {
  number: CLAIM_KIND,
  name: 'claim',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: true,
  read: readClaim,
  priority: () => 1,
  signers: ({ boxKey, inception }) => [
    { role: 'box', key: boxKey },
    { role: 'presence', key: inception.attestationKey }
  ],
  registeredKeys: ({ inception }) => [inception.attestationKey]
}

const vendorSet: KindDefinition<VendorSet> = {
  number: VENDOR_SET_KIND,
  name: 'vendor-set',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: false,
  read: readVendorSet,
  priority: () => 0,
  signers: ({ signers, keys }) =>
    signers.map((index) => ({ role: 'vendor', key: keys[index] as Uint8Array })),
  registeredKeys: ({ keys }) => keys
}

const classDefine: KindDefinition<ClassDefine> = {
  number: CLASS_DEFINE_KIND,
  name: 'class-define',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: false,
  read: readClassDefine,
  priority: () => 0,
  signers: vendorSigners,
  registeredKeys: none
}

const birthBatch: KindDefinition<BirthBatch> = {
  number: BIRTH_BATCH_KIND,
  name: 'birth-batch',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: false,
  read: readBirthBatch,
  priority: () => 0,
  signers: vendorSigners,
  registeredKeys: none
}

const memberApply: KindDefinition<MemberApply> = {
  number: MEMBER_APPLY_KIND,
  name: 'member-apply',
  sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: true,
  read: readMemberApply,
  priority: () => 0,
  signers: memberAndVoteKey,
  registeredKeys: none
}

const memberReady: KindDefinition<MemberReady> = {
  ...memberKind(MEMBER_READY_KIND, 'member-ready', readMemberReady),
  signers: memberAndVoteKey
}

const memberLeave: KindDefinition<MemberLeave> = {
  ...memberKind(MEMBER_LEAVE_KIND, 'member-leave', readMemberLeave),
  signers: ({ memberId, recoveryKey }) => [
    recoveryKey === null
      ? { role: 'member', key: memberId }
      : { role: 'memberRecovery', key: recoveryKey }
  ]
}

const memberEvidence: KindDefinition<MemberEvidence> = {
  number: MEMBER_EVIDENCE_KIND,
  name: 'member-evidence',
  sizeMaxBytes: EVIDENCE_SIZE_MAX_BYTES,
  hasAttachment: false,
  isIntroduction: true,
  read: readMemberEvidence,
  priority: () => 0,
  signers: () => [],
  registeredKeys: none
}

const definitions: readonly KindDefinition[] = [
  deviceMessage,
  claim,
  vendorSet,
  classDefine,
  birthBatch,
  memberApply,
  memberReady,
  memberKind<MemberRenew>(MEMBER_RENEW_KIND, 'member-renew', readMemberRenew),
  memberLeave,
  memberKind<MotionOpen>(MOTION_OPEN_KIND, 'motion-open', readMotionOpen),
  memberKind<Ballot>(BALLOT_KIND, 'ballot', readBallot),
  memberKind<MotionWithdraw>(MOTION_WITHDRAW_KIND, 'motion-withdraw', readMotionWithdraw),
  memberEvidence
] as unknown as readonly KindDefinition[]

const byNumber: ReadonlyMap<number, KindDefinition> = new Map(
  definitions.map((definition) => [definition.number, definition])
)
const byName: ReadonlyMap<KindName, KindDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition])
)

/** The kind of a wire number; undefined when there is none in force. */
export function kindByNumber(number: number): KindDefinition | undefined {
  return byNumber.get(number)
}

/** The kind of a name. */
export function kindByName(name: KindName): KindDefinition {
  return byName.get(name) as KindDefinition
}

/** The kind of a body that was read. */
export function kindOf(body: Body): KindDefinition {
  return byName.get(body.kind) as KindDefinition
}

/** The priority that a transaction's batch must have. */
export function priorityOf(body: Body): Priority {
  return kindOf(body).priority(body)
}

/** A maker's other acts are signed by keys that stand in state. */
function vendorSigners({ signers }: VendorPrefix): readonly Signer[] {
  return signers.map(() => ({ role: 'vendor', key: null }))
}

/** An act that a member's identity key signs. */
function memberKind<B extends Body & MemberPrefix>(
  number: number,
  name: B['kind'],
  read: Shape<B>
): KindDefinition<B> {
  return {
    number,
    name,
    sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
    hasAttachment: false,
    isIntroduction: false,
    read,
    priority: () => 0,
    signers: ({ memberId }) => [{ role: 'member', key: memberId }],
    registeredKeys: () => []
  }
}

/** A vote key is shown by whoever holds it. */
function memberAndVoteKey({
  memberId,
  voteKey
}: {
  readonly memberId: Uint8Array
  readonly voteKey: Uint8Array
}): readonly Signer[] {
  return [
    { role: 'member', key: memberId },
    { role: 'voteKey', key: voteKey }
  ]
}
