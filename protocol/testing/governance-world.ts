/**
 * A ledger that its members govern, for tests: real keys, real transactions, real blocks and seals.
 *
 * It grows block by block. Whoever is seated, applies or leaves here is a number: its keys are always
 * the same, so a test may name somebody before it ever appears.
 *
 * @module
 */

import { BLOCK_FORMAT, type Block, batchListRoot, createBlock } from '../blocks/block.ts'
import { type Certificate, createCertificate } from '../consensus/certificate.ts'
import type { SignedVote, VoteKind } from '../consensus/vote.ts'
import { keyHash } from '../crypto/hash.ts'
import { publicKeyOf } from '../crypto/signing.ts'
import { invariant } from '../foundation/invariant.ts'
import { type ExecutedBlock, executeBlock } from '../ledger/execute-block.ts'
import {
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisHashOf,
  genesisView,
  networkTagOfGenesis
} from '../ledger/genesis.ts'
import { electorateOfEpoch } from '../ledger/governance/electorate-in-force.ts'
import { type LedgerVersion, versionOfBlock, versionOfState } from '../ledger/ledger-version.ts'
import { LedgerBase, type LedgerReader } from '../ledger/ledger-view.ts'
import { PARAMETERS, type Parameters } from '../ledger/parameters.ts'
import {
  type GovernanceRecord,
  governanceTable,
  SINGLE_KEY
} from '../ledger/records/governance-record.ts'
import { type MemberRecord, members } from '../ledger/records/member-record.ts'
import { MOTION_STATUS, motions } from '../ledger/records/motion-record.ts'
import type { Electorate } from '../membership/electorate.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import type { Motion } from '../transactions/motion.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { plainTrustPolicy, type TrustPolicy } from '../transactions/trust-policy.ts'
import type { FaultModel, Height, MemberIndex, View } from '../types.ts'
import { GovernanceActs } from './governance-acts.ts'
import { idOf, numberOf, recoveryOf, signVote, voteKeyOf } from './governance-keys.ts'

/** What a governed ledger begins with. */
export interface GovernanceOptions {
  /** One founder for each. */
  readonly weights?: readonly number[]
  readonly faultModel?: FaultModel
  readonly trust?: TrustPolicy
  readonly vendorTrust?: TrustPolicy
  readonly parameters?: Partial<Parameters>
}

/** How a block comes about. */
export interface BlockPlan {
  /** How long after its parent. */
  readonly stepMs?: number
  /** Whose batch carries its transactions. */
  readonly carrier?: number
}

/** Header time of genesis. */
export const GENESIS_TIME_MS = 1_700_000_000_000

const STEP_MS = 1000
const GENEROUS = /^(?:member|introductions)(?:Burst|PerHour)$/
const PLENTY = 1_000_000

/** A ledger, its members' keys, and the blocks that were made. */
export class GovernanceWorld {
  readonly networkTag: Uint8Array
  readonly genesisHash: Uint8Array
  /** What its members sign. */
  readonly acts: GovernanceActs
  /** All blocks after genesis. */
  readonly blocks: Block[] = []
  /** After the last block. */
  version: LedgerVersion
  /** The last block's execution; null before the first. */
  executed: ExecutedBlock | null = null

  constructor(options: GovernanceOptions = {}) {
    const genesis = genesisOf(options)
    this.networkTag = networkTagOfGenesis(genesis)
    this.genesisHash = genesisHashOf(genesis)
    this.version = beginning(genesis)
    this.acts = new GovernanceActs(this.networkTag, () => this.version)
  }

  /** The state after the last block. */
  get state(): LedgerReader {
    return this.version.view
  }

  /** What is under way. */
  get governance(): GovernanceRecord {
    return this.state.read(governanceTable, SINGLE_KEY) as GovernanceRecord
  }

  /** The ledger's record of somebody. */
  member(who: number): MemberRecord {
    const record = this.state.read(members, idOf(who))
    invariant(record !== undefined, 'the ledger knows them')
    return record
  }

  /** Who is seated, by number, in ascending order. */
  get seated(): readonly number[] {
    return this.version.electorate.seats.map(({ memberId }) => numberOf(memberId)).sort(byNumber)
  }

  /** Adds one block with these transactions, and says what became of each. */
  block(transactions: readonly Transaction[] = [], plan: BlockPlan = {}): readonly string[] {
    const parent = this.version
    const { carrier = 0, stepMs = STEP_MS } = plan
    const batches = transactions.length === 0 ? [] : [{ author: idOf(carrier), transactions }]
    const timeMs = parent.timeMs + stepMs
    const executed = executeBlock(parent, { timeMs, networkTag: this.networkTag, batches })
    const block = this.#headerOf(parent, executed)
    this.blocks.push(block)
    this.version = versionOfBlock(block, executed)
    this.executed = executed
    return executed.outcomes.map(({ outcome, code }) =>
      code === null ? outcome : `${outcome} ${code}`
    )
  }

  /** Seals as long as an epoch is due; how many began. */
  settle(): number {
    let epochs = 0
    for (; this.version.nextEpoch !== null; epochs++) this.block()
    return epochs
  }

  /** Opens a motion and lets founders say yes to it one after another, until it is carried. */
  carry(motion: Motion, voters: readonly number[] = this.seated): Uint8Array {
    const opened = this.acts.open(voters[0] ?? 0, motion)
    this.#mustApply([opened])
    this.agree(opened.id, voters)
    return opened.id
  }

  /** Lets members say yes to a motion, one after another, as long as it is open. */
  agree(motionId: Uint8Array, voters: readonly number[] = this.seated): void {
    for (const voter of voters)
      if (this.state.read(motions, motionId)?.status === MOTION_STATUS.open)
        this.#mustApply([this.acts.ballot(voter, motionId, 1)])
  }

  /** Brings a newcomer all the way to its seat. */
  admit(who: number): void {
    const apply = this.acts.apply(who)
    this.#mustApply([apply])
    this.agree(apply.id)
    this.settle()
    this.#mustApply([this.acts.ready(who)])
    this.settle()
    invariant(this.seated.includes(who), 'the newcomer got its seat')
  }

  /** A block's certificate by the electorate that it stands in, as if a later view had repeated it. */
  certify(kind: VoteKind, block: Block, view: number = block.header.view): Certificate {
    const electorate = this.electorateOf(block)
    const subject = { parentView: block.header.parentView, blockId: block.id }
    const votes: SignedVote[] = []
    let weight = 0
    for (const [index, seat] of electorate.seats.entries()) {
      if (weight >= electorate.quorumWeight) break
      weight += seat.weight
      const vote = { kind, epoch: electorate.epoch, view: view as View, subject }
      votes.push(signVote(this.networkTag, electorate, { vote, signer: index as MemberIndex }))
    }
    return createCertificate(votes)
  }

  /** The electorate in whose epoch a block stands. */
  electorateOf({ header }: Block): Electorate {
    const electorate = electorateOfEpoch(this.state, header.epoch)
    invariant(electorate !== undefined, 'the ledger keeps all electorates')
    return electorate
  }

  /** The electorate that a sealing block begins. */
  electorateAfter({ header }: Block): Electorate {
    const electorate = electorateOfEpoch(this.state, header.epoch + 1)
    invariant(electorate !== undefined, 'the seal was executed')
    return electorate
  }

  #mustApply(transactions: readonly Transaction[]): void {
    const verdicts = this.block(transactions)
    invariant(
      verdicts.every((verdict) => verdict === 'applied'),
      `the world goes on: ${verdicts.join()}`
    )
  }

  #headerOf(parent: LedgerVersion, executed: ExecutedBlock): Block {
    const header = {
      format: BLOCK_FORMAT,
      networkTag: this.networkTag,
      epoch: parent.electorate.epoch,
      view: executed.height as number as View,
      parentId: parent.blockIdBytes,
      parentView: parent.height as number as View,
      height: executed.height,
      timeMs: executed.timeMs,
      batchListRoot: batchListRoot([]),
      stateRoot: executed.stateRoot,
      receiptsRoot: executed.receiptsRoot,
      transactionCount: executed.outcomes.length,
      electorateHash: parent.electorate.hash,
      seal: parent.nextEpoch?.electorate.hash ?? null
    }
    return createBlock(header, [])
  }
}

function byNumber(a: number, b: number): number {
  return a - b
}

function genesisOf(options: GovernanceOptions): Genesis {
  const { weights = [1, 1, 1, 1], faultModel = 'byzantine' } = options
  const defaults = PARAMETERS.map(({ name, default: value }) => [
    name,
    GENEROUS.test(name) ? PLENTY : value
  ])
  return {
    networkId: 'governed',
    timeMs: GENESIS_TIME_MS,
    faultModel,
    trust: options.trust ?? plainTrustPolicy('open-vote'),
    vendorTrust: options.vendorTrust ?? plainTrustPolicy('open-vote'),
    parameters: { ...(Object.fromEntries(defaults) as Parameters), ...options.parameters },
    members: weights.map((weight, who) => ({
      memberId: idOf(who),
      voteKey: publicKeyOf(voteKeyOf(who, 0)),
      nextVoteKeyHash: keyHash(publicKeyOf(voteKeyOf(who, 1))),
      recoveryKeyHash: keyHash(publicKeyOf(recoveryOf(who))),
      operatorId: new Uint8Array(16).fill(who + 1),
      region: 'eu',
      weight,
      endpoints: [`/dns4/m${who}.example/tcp/4001`]
    })),
    vendorGrants: [],
    regions: ['eu', 'us']
  }
}

function beginning(genesis: Genesis): LedgerVersion {
  const view = genesisView(genesis, new LedgerBase(() => undefined))
  const changes = view.changedValues()
  const tree = deriveVersion(
    createStateTree().base,
    changes.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  )
  const { id, idBytes } = genesisBlock(genesis, tree.root)
  const place = { blockId: id, blockIdBytes: idBytes, height: 0 as Height }
  const electorate = genesisElectorate(genesis)
  return versionOfState({ ...place, timeMs: genesis.timeMs, view, tree, electorate })
}
