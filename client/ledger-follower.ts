/**
 * The ledger follower: what a light client trusts, from genesis or a checkpoint on, epoch by epoch.
 *
 * Trust begins with one electorate and moves by seals alone: each is judged by the electorate that
 * it ends, and none is skipped. A node can hold seals back; it cannot make any.
 *
 * @see ../protocol/SPEC.md §10.5 Seal proofs
 * @module
 */

import {
  acceptAs,
  decodeBlockHeader,
  decodeElectorate,
  type Electorate,
  equalBytes,
  followSeals,
  type Genesis,
  genesisElectorate,
  invariant,
  networkTagOfGenesis,
  reject,
  type SealFault,
  type SealProof,
  type Verdict
} from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import type { Transport } from './transport.ts'

/** Why an epoch cannot be judged. */
export type EpochFault =
  /** It is newer than what was followed: the seals from {@link LedgerFollower.newest} on are needed. */
  | 'EPOCH_AHEAD'
  /** It is older than what is kept, or than the checkpoint: who needs it begins at genesis. */
  | 'EPOCH_FORGOTTEN'

/** Why seals lead no further. */
export type FollowFault = SealFault | 'SEALS_MISSING'

/** An electorate to begin with: printed in firmware, in a bundle, or kept from an earlier run. */
export interface Checkpoint {
  readonly networkTag: Uint8Array
  readonly electorateHash: Uint8Array
  /** What the hash covers; from anywhere, for it proves itself. */
  readonly electorateBytes: Uint8Array
}

/** A network as a client trusts it: enough to judge any proof of an epoch that was followed. */
export interface TrustedNetwork {
  readonly networkTag: Uint8Array
  /** The newest electorate that was followed. */
  readonly newest: Electorate
  readonly electorateOf: (epoch: number) => Verdict<EpochFault, Electorate>
}

/** Electorates that are kept unless said otherwise: proofs of older epochs are seldom shown. */
const KEPT_DEFAULT = 64

/** Follows the seals of one network. */
export class LedgerFollower implements TrustedNetwork {
  readonly networkTag: Uint8Array
  readonly #keptMax: number
  /** Without gaps, in ascending order; never empty. */
  #electorates: readonly Electorate[]

  /** @param keptMax - how many electorates are kept, the newest ones */
  constructor(
    trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate },
    keptMax: number = KEPT_DEFAULT
  ) {
    invariant(keptMax >= 1, 'at least the newest electorate is kept')
    this.networkTag = trusted.networkTag
    this.#electorates = [trusted.electorate]
    this.#keptMax = keptMax
  }

  get newest(): Electorate {
    return this.#electorates.at(-1) as Electorate
  }

  /** What is to be stored, to begin with again. */
  get checkpoint(): Checkpoint {
    const { hash, encoded } = this.newest
    return { networkTag: this.networkTag, electorateHash: hash, electorateBytes: encoded }
  }

  /** The electorate of an epoch, as it was proved. */
  electorateOf(epoch: number): Verdict<EpochFault, Electorate> {
    if (epoch > this.newest.epoch) return reject('EPOCH_AHEAD')
    const found = this.#electorates.find((electorate) => electorate.epoch === epoch)
    return found === undefined ? reject('EPOCH_FORGOTTEN') : acceptAs(found)
  }

  /**
   * Follows seals in the order of their epochs; those of epochs that are over already are left out.
   * What is good before a fault counts.
   *
   * @param seals - untrusted, from anywhere
   * @returns the newest electorate
   */
  follow(seals: readonly SealProof[]): Verdict<FollowFault, Electorate> {
    const { networkTag, newest } = this
    const coming = seals.filter(({ headerBytes }) => !isOver(headerBytes, newest.epoch))
    const [first] = coming
    if (first !== undefined && isBeyond(first.headerBytes, newest.epoch))
      return reject('SEALS_MISSING')
    const { electorates, fault } = followSeals(coming, { networkTag, electorate: newest })
    this.#electorates = [...this.#electorates, ...electorates].slice(-this.#keptMax)
    return fault === null ? acceptAs(this.newest) : reject(fault)
  }
}

/** Begins at genesis. */
export function trustGenesis(genesis: Genesis, keptMax?: number): LedgerFollower {
  const networkTag = networkTagOfGenesis(genesis)
  return new LedgerFollower({ networkTag, electorate: genesisElectorate(genesis) }, keptMax)
}

/** Begins at a checkpoint whose network and hash are trusted. */
export function trustCheckpoint(
  { networkTag, electorateHash, electorateBytes }: Checkpoint,
  keptMax?: number
): Verdict<'CHECKPOINT_WRONG', LedgerFollower> {
  const electorate = decodeElectorate(electorateBytes)
  if (electorate === undefined || !equalBytes(electorate.hash, electorateHash))
    return reject('CHECKPOINT_WRONG')
  return acceptAs(new LedgerFollower({ networkTag, electorate }, keptMax))
}

/**
 * Follows all seals that a node has.
 *
 * @throws ClientError SEALS_FORGED when they do not follow from what is trusted, or what asking throws
 */
export async function followNode(
  follower: LedgerFollower,
  { seals }: Pick<Transport, 'seals'>
): Promise<Electorate> {
  for (;;) {
    const { epoch } = follower.newest
    const followed = follower.follow(await seals(epoch))
    if (!followed.ok)
      throw new ClientError(
        `a node's seals do not lead on from epoch ${epoch}: ${followed.fault} after epoch ${follower.newest.epoch}`,
        { code: 'SEALS_FORGED' }
      )
    if (follower.newest.epoch === epoch) return follower.newest
  }
}

/**
 * Does a check, and where it lacks an electorate that is newer than those known, follows the seals
 * of a node and does it again.
 *
 * @throws ClientError SEALS_FORGED, or what asking throws
 */
export async function checkFollowing<Fault extends string, Value>(
  follower: LedgerFollower,
  transport: Pick<Transport, 'seals'>,
  check: (network: TrustedNetwork) => Verdict<Fault, Value>
): Promise<Verdict<Fault, Value>> {
  const checked = check(follower)
  if (checked.ok || !NEEDS_SEALS.has(checked.fault)) return checked
  await followNode(follower, transport)
  return check(follower)
}

/** What may hold once more is known: a newer block, or the promise of a new member. */
const NEEDS_SEALS: ReadonlySet<string> = new Set(['EPOCH_AHEAD', 'BATCH_AUTHOR_UNKNOWN'])

/** Nothing is believed of a seal by this: one that is left out is only not used. */
function isOver(headerBytes: Uint8Array, epoch: number): boolean {
  const header = decodeBlockHeader(headerBytes)
  return header !== undefined && header.epoch < epoch
}

function isBeyond(headerBytes: Uint8Array, epoch: number): boolean {
  const header = decodeBlockHeader(headerBytes)
  return header !== undefined && header.epoch > epoch
}
