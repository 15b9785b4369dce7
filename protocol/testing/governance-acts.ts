/**
 * What members and applicants sign in tests of governance, with whatever a test wants changed.
 *
 * @module
 */

import { keyHash } from '../crypto/hash.ts'
import { type PrivateKey, publicKeyOf } from '../crypto/signing.ts'
import { equalBytes } from '../foundation/bytes.ts'
import type { LedgerVersion } from '../ledger/ledger-version.ts'
import { voteKeys } from '../ledger/records/governance-record.ts'
import { MEMBER_STATUS, members } from '../ledger/records/member-record.ts'
import { BALLOT_KIND, encodeBallot } from '../transactions/ballot.ts'
import { encodeMemberApply, MEMBER_APPLY_KIND } from '../transactions/member-apply.ts'
import {
  encodeMemberEvidence,
  MEMBER_EVIDENCE_KIND,
  type MemberEvidence
} from '../transactions/member-evidence.ts'
import { encodeMemberLeave, MEMBER_LEAVE_KIND } from '../transactions/member-leave.ts'
import { encodeMemberReady, MEMBER_READY_KIND } from '../transactions/member-ready.ts'
import { encodeMemberRenew, MEMBER_RENEW_KIND } from '../transactions/member-renew.ts'
import type { Motion } from '../transactions/motion.ts'
import { encodeMotionOpen, MOTION_OPEN_KIND } from '../transactions/motion-open.ts'
import { encodeMotionWithdraw, MOTION_WITHDRAW_KIND } from '../transactions/motion-withdraw.ts'
import type { Role } from '../transactions/role.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { findVoteTurn, identityOf, idOf, recoveryOf, voteKeyOf } from './governance-keys.ts'
import { seal } from './world-signer.ts'

/** What a test may want otherwise in an application. */
export interface ApplyChange {
  /** Which of its vote keys it begins with; by default the first that was never shown. */
  readonly turn?: number
  readonly region?: string
  readonly proofs?: readonly Uint8Array[]
}

/** What a test may want otherwise in the act of a member. */
export interface ActChange {
  readonly sequence?: number
}

/** What a test may want otherwise where a member shows its next vote key. */
export interface ReadyChange extends ActChange {
  readonly epoch?: number
  readonly turn?: number
  /** Which of its vote keys it commits to for the time after. */
  readonly nextTurn?: number
}

/** What a test may want otherwise in a renewal. */
export interface RenewChange extends ActChange {
  readonly region?: string
  readonly endpoints?: readonly string[]
  readonly proofs?: readonly Uint8Array[]
}

const WEEK_MS = 7 * 86_400_000

/** Signs for everybody; what it does not say otherwise fits the ledger as it stands. */
export class GovernanceActs {
  readonly #networkTag: Uint8Array
  readonly #version: () => LedgerVersion
  #sequence = 0

  constructor(networkTag: Uint8Array, version: () => LedgerVersion) {
    this.#networkTag = networkTag
    this.#version = version
  }

  /** Asks for a seat. */
  apply(who: number, change: ApplyChange = {}): Transaction {
    const { view } = this.#version()
    const turn = change.turn ?? findVoteTurn(who, (key) => view.read(voteKeys, key) === undefined)
    const voteKey = voteKeyOf(who, turn)
    const body = encodeMemberApply({
      memberId: idOf(who),
      voteKey: publicKeyOf(voteKey),
      nextVoteKeyHash: keyHash(publicKeyOf(voteKeyOf(who, turn + 1))),
      recoveryKeyHash: keyHash(publicKeyOf(recoveryOf(who))),
      operatorId: new Uint8Array(16).fill(who + 1),
      region: change.region ?? 'eu',
      endpoints: [`/dns4/m${who}.example/tcp/4001`],
      softwareHash: new Uint8Array(32).fill(7),
      proofs: change.proofs ?? []
    })
    return this.#sign(MEMBER_APPLY_KIND, body, [
      ['member', identityOf(who)],
      ['voteKey', voteKey]
    ])
  }

  /** Shows the vote key of the coming epoch. */
  ready(who: number, change: ReadyChange = {}): Transaction {
    const turn = change.turn ?? this.#committedTurn(who)
    const voteKey = voteKeyOf(who, turn)
    const body = encodeMemberReady({
      ...this.#prefix(who, change),
      epoch: change.epoch ?? this.#version().electorate.epoch + 1,
      voteKey: publicKeyOf(voteKey),
      nextVoteKeyHash: keyHash(publicKeyOf(voteKeyOf(who, change.nextTurn ?? turn + 1)))
    })
    return this.#sign(MEMBER_READY_KIND, body, [
      ['member', identityOf(who)],
      ['voteKey', voteKey]
    ])
  }

  /** Renews a membership. */
  renew(who: number, change: RenewChange = {}): Transaction {
    const body = encodeMemberRenew({
      ...this.#prefix(who, change),
      region: change.region ?? 'us',
      endpoints: change.endpoints ?? ['/dns4/new.example/tcp/4001'],
      softwareHash: new Uint8Array(32).fill(8),
      proofs: change.proofs ?? []
    })
    return this.#sign(MEMBER_RENEW_KIND, body, [['member', identityOf(who)]])
  }

  /** Gives a seat up with the node's own key. */
  leave(who: number, change: ActChange = {}): Transaction {
    const body = encodeMemberLeave({ ...this.#prefix(who, change), recoveryKey: null })
    return this.#sign(MEMBER_LEAVE_KIND, body, [['member', identityOf(who)]])
  }

  /** Gives a seat up with a recovery key: by default that of the seat. */
  leaveByRecovery(who: number, recovery: PrivateKey = recoveryOf(who)): Transaction {
    const prefix = { memberId: idOf(who), memberSequence: 0 }
    const body = encodeMemberLeave({ ...prefix, recoveryKey: publicKeyOf(recovery) })
    return this.#sign(MEMBER_LEAVE_KIND, body, [['memberRecovery', recovery]])
  }

  /** Puts a question, for a week unless said otherwise. */
  open(
    who: number,
    motion: Motion,
    change: ActChange & { readonly notAfterMs?: number } = {}
  ): Transaction {
    const notAfterMs = change.notAfterMs ?? this.#version().timeMs + WEEK_MS
    const body = encodeMotionOpen({ ...this.#prefix(who, change), motion, notAfterMs })
    return this.#sign(MOTION_OPEN_KIND, body, [['member', identityOf(who)]])
  }

  /** Answers a question: 0 no, 1 yes, 2 none. */
  ballot(who: number, motionId: Uint8Array, choice: number, change: ActChange = {}): Transaction {
    const body = encodeBallot({ ...this.#prefix(who, change), motionId, choice })
    return this.#sign(BALLOT_KIND, body, [['member', identityOf(who)]])
  }

  /** Takes a question back. */
  withdraw(who: number, motionId: Uint8Array, change: ActChange = {}): Transaction {
    const body = encodeMotionWithdraw({ ...this.#prefix(who, change), motionId })
    return this.#sign(MOTION_WITHDRAW_KIND, body, [['member', identityOf(who)]])
  }

  /** Accuses a member. */
  evidence(act: Omit<MemberEvidence, 'kind'>): Transaction {
    return this.#sign(MEMBER_EVIDENCE_KIND, encodeMemberEvidence(act), [])
  }

  #prefix(who: number, { sequence }: ActChange): { memberId: Uint8Array; memberSequence: number } {
    this.#sequence += 1
    return { memberId: idOf(who), memberSequence: sequence ?? this.#sequence }
  }

  /** The vote key that somebody committed to: a newcomer's is that of its application. */
  #committedTurn(who: number): number {
    const member = this.#version().view.read(members, idOf(who))
    return findVoteTurn(who, (key) => {
      if (member === undefined) return true
      const isNew = member.status === MEMBER_STATUS.incoming
      return isNew
        ? equalBytes(key, member.voteKey)
        : equalBytes(keyHash(key), member.nextVoteKeyHash)
    })
  }

  #sign(
    kind: number,
    body: Uint8Array,
    signers: readonly (readonly [Role, PrivateKey])[]
  ): Transaction {
    return seal(this.#networkTag, body, { kind, signers, attachment: null })
  }
}
