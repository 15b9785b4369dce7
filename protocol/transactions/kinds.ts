/**
 * Kinds: the one table of what a transaction may be.
 *
 * A new kind is a file of its own with its shape, a row here or in the table of
 * the kinds about devices, and a rule in ledger/rules; nothing else needs to
 * know of it.
 *
 * @see SPEC.md §3.4 Kinds
 * @module
 */

import type { Shape } from '../codec/shape.ts'
import type { Priority } from '../types.ts'
import { ALERT_KIND, type Alert, readAlert } from './alert.ts'
import { BALLOT_KIND, type Ballot, readBallot } from './ballot.ts'
import { BIRTH_BATCH_KIND, type BirthBatch, readBirthBatch } from './birth-batch.ts'
import { BIRTH_REVOKE_KIND, type BirthRevoke, readBirthRevoke } from './birth-revoke.ts'
import { CLASS_DEFINE_KIND, type ClassDefine, readClassDefine } from './class-define.ts'
import { DEVICE_KINDS, type DeviceBody } from './device-kinds.ts'
import {
  type KindDefinition as Definition,
  defineEvidence,
  defineKind,
  type Signer
} from './kind-definition.ts'
import type { MemberPrefix } from './member-act.ts'
import { MEMBER_APPLY_KIND, type MemberApply, readMemberApply } from './member-apply.ts'
import { MEMBER_EVIDENCE_KIND, type MemberEvidence, readMemberEvidence } from './member-evidence.ts'
import { MEMBER_LEAVE_KIND, type MemberLeave, readMemberLeave } from './member-leave.ts'
import { MEMBER_READY_KIND, type MemberReady, readMemberReady } from './member-ready.ts'
import { MEMBER_RENEW_KIND, type MemberRenew, readMemberRenew } from './member-renew.ts'
import { MOTION_OPEN_KIND, type MotionOpen, readMotionOpen } from './motion-open.ts'
import { MOTION_WITHDRAW_KIND, type MotionWithdraw, readMotionWithdraw } from './motion-withdraw.ts'
import type { VendorPrefix } from './vendor-act.ts'
import { readVendorSet, VENDOR_SET_KIND, type VendorSet } from './vendor-set.ts'

/** What a transaction says: one type per kind, told apart by `kind`. */
export type Body =
  | DeviceBody
  | VendorSet
  | ClassDefine
  | BirthBatch
  | BirthRevoke
  | MemberApply
  | MemberReady
  | MemberRenew
  | MemberLeave
  | MotionOpen
  | Ballot
  | MotionWithdraw
  | Alert
  | MemberEvidence

/** The name of a kind, as every surface spells it. */
export type KindName = Body['kind']

/** What the table knows of one kind. */
export type KindDefinition<B extends Body = Body> = Definition<B>

const vendorSet = defineKind<VendorSet>({
  number: VENDOR_SET_KIND,
  name: 'vendor-set',
  read: readVendorSet,
  signers: ({ signers, keys }) =>
    signers.map((index) => ({ role: 'vendor', key: keys[index] as Uint8Array })),
  registeredKeys: ({ keys }) => keys
})

const memberApply = defineKind<MemberApply>({
  number: MEMBER_APPLY_KIND,
  name: 'member-apply',
  isIntroduction: true,
  read: readMemberApply,
  signers: memberAndVoteKey
})

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

const definitions: readonly KindDefinition[] = [
  ...DEVICE_KINDS,
  vendorSet,
  vendorKind<ClassDefine>(CLASS_DEFINE_KIND, 'class-define', readClassDefine),
  vendorKind<BirthBatch>(BIRTH_BATCH_KIND, 'birth-batch', readBirthBatch),
  vendorKind<BirthRevoke>(BIRTH_REVOKE_KIND, 'birth-revoke', readBirthRevoke),
  memberApply,
  memberReady,
  memberKind<MemberRenew>(MEMBER_RENEW_KIND, 'member-renew', readMemberRenew),
  memberLeave,
  memberKind<MotionOpen>(MOTION_OPEN_KIND, 'motion-open', readMotionOpen),
  memberKind<Ballot>(BALLOT_KIND, 'ballot', readBallot),
  memberKind<MotionWithdraw>(MOTION_WITHDRAW_KIND, 'motion-withdraw', readMotionWithdraw),
  memberKind<Alert>(ALERT_KIND, 'alert', readAlert),
  defineEvidence<MemberEvidence>({
    number: MEMBER_EVIDENCE_KIND,
    name: 'member-evidence',
    read: readMemberEvidence
  })
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
function vendorKind<B extends Body & VendorPrefix>(
  number: number,
  name: B['kind'],
  read: Shape<B>
): KindDefinition<B> {
  const signers = ({ signers: places }: B): readonly Signer[] =>
    places.map(() => ({ role: 'vendor', key: null }))
  return defineKind<B>({ number, name, read, signers })
}

/** An act that a member's identity key signs. */
function memberKind<B extends Body & MemberPrefix>(
  number: number,
  name: B['kind'],
  read: Shape<B>
): KindDefinition<B> {
  const signers = ({ memberId }: B): readonly Signer[] => [{ role: 'member', key: memberId }]
  return defineKind<B>({ number, name, read, signers })
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
