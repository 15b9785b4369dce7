/**
 * The steward: what a member does for its own seat without being asked.
 *
 * It shows the vote key of the coming epoch, renews the membership in time, and
 * puts proofs against liars before the ledger. It looks at the state after each
 * block; what did not come through is said again.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import {
  awakeMsAt,
  keyHash,
  type LedgerVersion,
  MEMBER_STATUS,
  type MemberRecord,
  members,
  NETWORK_KEY,
  networkTable,
  readGovernance,
  type SignedVote,
  toHex,
  tombstones
} from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import { NodeError } from '../errors.ts'
import type { Submission } from '../ledger-service.ts'
import type { Logger } from '../logger.ts'
import type { VoteKeys } from '../own-seat.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import { type ActSigner, evidenceOfVotes, signAct } from './own-acts.ts'
import type { OwnSequence } from './own-sequence.ts'

/** Pause before an act that has had no effect yet is said again. */
const RETRY_MS = 10_000
/** Part of the time of membership after which it is renewed: two more tries fit into the rest. */
const RENEW_SHARE = 1 / 3
/** Liars whose proofs wait for the ledger at once. */
const ACCUSED_MAX = 64

/** What the steward is told. */
export interface StewardOptions {
  readonly networkTag: Uint8Array
  readonly identity: ActSigner
  /** Hash of the software that runs here: 32 bytes. */
  readonly softwareHash: Uint8Array
}

/** What the steward needs from others. */
export interface StewardPorts {
  readonly clock: Pick<Clock, 'nowMs'>
  /** The last final version. */
  readonly tip: () => LedgerVersion
  /** Whether that is the present: of a past that is gone through again nothing is due. */
  readonly isCurrent: () => boolean
  readonly voteKeys: VoteKeys
  readonly sequence: OwnSequence
  readonly submit: (wire: Uint8Array) => Promise<Submission>
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly onFailure: (error: unknown) => void
}

interface Accusation {
  readonly memberId: Uint8Array
  readonly wire: Uint8Array
}

/** Looks after the seat of this node. */
export class Steward {
  readonly #options: StewardOptions
  readonly #ports: StewardPorts
  /** By duty: when it was last done. */
  readonly #doneAtMs = new Map<string, number>()
  /** By member id in hex: proofs that have not convicted yet. */
  readonly #accused = new Map<string, Accusation>()

  constructor(options: StewardOptions, ports: StewardPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** A block became final, or an epoch has begun: does what is due. */
  look(): void {
    try {
      this.#look()
    } catch (error) {
      // A record is being mended: after the next block is time enough.
      if (!(error instanceof DamagedRecord)) throw error
    }
  }

  #look(): void {
    const { tip, isCurrent } = this.#ports
    if (!isCurrent()) return
    const { view } = tip()
    const member = view.read(members, this.#options.identity.publicKey)
    this.#accuse()
    if (member === undefined || member.status === MEMBER_STATUS.former) return
    if (this.#isReadyDue(member) && this.#isTimeFor('ready'))
      this.#showKey(member).catch(this.#noteTrouble)
    if (this.#isRenewalDue(member) && this.#isTimeFor('renew')) this.#renew(member)
  }

  /** Two votes of one member were proved that no honest one signs both. */
  convict(memberId: Uint8Array, pair: readonly [SignedVote, SignedVote]): void {
    const name = toHex(memberId)
    if (this.#accused.has(name) || this.#accused.size >= ACCUSED_MAX) return
    this.#accused.set(name, { memberId, wire: evidenceOfVotes(memberId, pair) })
    this.look()
  }

  /** In the founders' epoch a key is shown once anything is under way; later on at once. */
  #isReadyDue({ ready, status }: MemberRecord): boolean {
    if (ready !== null) return false
    if (status === MEMBER_STATUS.incoming) return true
    const { epoch, openMotions, carried, removals } = readGovernance(this.#ports.tip().view)
    return epoch > 0 || openMotions.length + carried.length + removals.length > 0
  }

  #isRenewalDue({ status, renewedAtAwakeMs }: MemberRecord): boolean {
    if (status !== MEMBER_STATUS.seated) return false
    const tip = this.#ports.tip()
    const { view } = tip
    const awakeMs = awakeMsAt(view, tip)
    const membershipMs = view.read(networkTable, NETWORK_KEY)?.parameters.membershipMs ?? 0
    return awakeMs - renewedAtAwakeMs > membershipMs * RENEW_SHARE
  }

  async #showKey(member: MemberRecord): Promise<void> {
    const { voteKeys, tip, log } = this.#ports
    const { networkTag, identity } = this.#options
    const isIncoming = member.status === MEMBER_STATUS.incoming
    const hash = isIncoming ? keyHash(member.voteKey) : member.nextVoteKeyHash
    const { voteKey, nextVoteKeyHash, sign } = await voteKeys.prepare(hash)
    const epoch = readGovernance(tip().view).epoch + 1
    const wire = signAct(
      networkTag,
      {
        kind: 'member-ready',
        memberId: identity.publicKey,
        memberSequence: this.#ports.sequence.next(member),
        epoch,
        voteKey,
        nextVoteKeyHash
      },
      { identity, voteKey: { publicKey: voteKey, sign } }
    )
    log.info('vote key shown for the coming epoch', { epoch })
    this.#send('member-ready', wire)
  }

  /** Without the key that it has committed to a member goes on with the one it has. */
  readonly #noteTrouble = (error: unknown): void => {
    if (error instanceof NodeError && error.code === 'KEY_FILE_WRONG')
      this.#ports.log.warn('no vote key was shown', { error: error.message })
    else this.#ports.onFailure(error)
  }

  #renew(member: MemberRecord): void {
    const { networkTag, identity, softwareHash } = this.#options
    const { region, endpoints } = member
    const wire = signAct(
      networkTag,
      {
        kind: 'member-renew',
        memberId: identity.publicKey,
        memberSequence: this.#ports.sequence.next(member),
        region,
        endpoints,
        softwareHash,
        proofs: []
      },
      { identity }
    )
    this.#ports.log.info('membership renewed', { region })
    this.#send('member-renew', wire)
  }

  #accuse(): void {
    const { view } = this.#ports.tip()
    for (const [name, { memberId, wire }] of this.#accused) {
      if (view.read(tombstones, memberId) !== undefined) this.#accused.delete(name)
      else if (this.#isTimeFor(`accuse ${name}`)) this.#send('member-evidence', wire)
    }
  }

  #send(what: string, wire: Uint8Array): void {
    const { submit, log, onFailure } = this.#ports
    submit(wire)
      .then((submission) => {
        if (submission.kind !== 'taken') log.warn(`${what} was not taken`, { submission })
      })
      .catch(onFailure)
  }

  /** Whether a duty was not done a moment ago; from now on it was. */
  #isTimeFor(duty: string): boolean {
    const nowMs = this.#ports.clock.nowMs()
    const doneAtMs = this.#doneAtMs.get(duty)
    if (doneAtMs !== undefined && nowMs - doneAtMs < RETRY_MS) return false
    this.#doneAtMs.set(duty, nowMs)
    for (const [name, atMs] of this.#doneAtMs)
      if (nowMs - atMs >= RETRY_MS && name !== duty) this.#doneAtMs.delete(name)
    return true
  }
}
