/**
 * A ledger whose two founders change a parameter as often as a test asks: real motions, real seals,
 * one epoch after the other.
 *
 * @module
 */

import {
  BALLOT_KIND,
  type Block,
  encodeBallot,
  encodeMotionOpen,
  encodeTransaction,
  invariant,
  MOTION_OPEN_KIND,
  PARAMETERS,
  type SealProof,
  type Transaction,
  transactionSigningBytes,
  type View
} from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { batchKey } from '../ledger/keyspace.ts'
import { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { type Archive, openArchive } from '../service/archive.ts'
import type { Database } from '../storage/database.ts'
import { certify } from './small-chain.ts'
import {
  founder,
  GENESIS,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from './small-network.ts'

/** Long enough for the founders' budgets to fill again. */
const BLOCK_MS = 600_000
const CHANGED = PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs')

/** A ledger that goes from epoch to epoch. */
export class GovernedLedger {
  readonly database: Database
  readonly keeper: LedgerKeeper
  readonly #held: Map<string, readonly Transaction[]>

  private constructor(
    database: Database,
    keeper: LedgerKeeper,
    held: Map<string, readonly Transaction[]>
  ) {
    this.database = database
    this.keeper = keeper
    this.#held = held
  }

  /** Opens one on an empty database, or goes on with one. */
  static async open(database: Database): Promise<GovernedLedger> {
    const held = new Map<string, readonly Transaction[]>()
    const opened = await openLedger(database, GENESIS)
    const keeper = new LedgerKeeper(
      { database, networkTag: NETWORK_TAG, opened },
      {
        transactionsOf: ({ id }) => held.get(id),
        pause: systemClock.pause,
        awaitCure: async () => false
      }
    )
    return new GovernedLedger(database, keeper, held)
  }

  /** Carries a motion in one block and seals the epoch with the next, which it returns. */
  async turnEpoch(): Promise<Block> {
    await this.grow(this.#motion())
    const seal = await this.grow([])
    invariant(seal.header.seal !== null, 'a carried motion is sealed by the next block')
    return seal
  }

  /** Makes one block of transactions final. */
  async grow(wires: readonly Uint8Array[] = []): Promise<Block> {
    const { keeper } = this
    const { electorate } = keeper
    const batch = wires.length === 0 ? undefined : await this.#hold(wires)
    // The views of an epoch begin anew with it.
    const lastView = keeper.floor.epoch === electorate.epoch ? keeper.floor.view : 0
    const block = await keeper.build({
      epoch: electorate.epoch,
      view: (lastView + 1) as View,
      parentView: lastView as View,
      parentId: keeper.tip.blockId,
      batches: batch === undefined ? [] : [batch.reference],
      timeMs: keeper.tip.timeMs + BLOCK_MS
    })
    invariant(block !== null, 'what it stands on is there')
    await keeper.commit([block.id], certify('finalise', block, electorate))
    return block
  }

  /** The seals from an epoch on, as a node hands them out. */
  seals(from: number): readonly SealProof[] {
    return this.archive.seals(from)
  }

  /** Its final blocks. */
  get archive(): Archive {
    return openArchive(this.database, NETWORK_TAG, this.keeper.tip.height)
  }

  async #hold(wires: readonly Uint8Array[]): Promise<TestBatch> {
    const batch = signBatch(wires, { header: { height: this.keeper.tip.height } })
    this.#held.set(batch.id, wires.map(judgedTransaction))
    const write = this.database.createBatch()
    write.put(batchKey(batch.id), batch.bytes)
    await write.write({ sync: false })
    return batch
  }

  /** One founder asks, both agree. */
  #motion(): readonly Uint8Array[] {
    const { epoch } = this.keeper.electorate
    const { timeMs } = this.keeper.tip
    const definition = PARAMETERS[CHANGED]
    invariant(definition !== undefined, 'there is such a parameter')
    const value = definition.default + epoch + 1
    const [first, second] = [founder(0).memberId, founder(1).memberId]
    const open = encodeMotionOpen({
      memberId: first,
      memberSequence: timeMs,
      motion: { type: 'change-parameter', number: CHANGED, value },
      notAfterMs: timeMs + 2 * BLOCK_MS
    })
    const asked = signAct(0, MOTION_OPEN_KIND, open)
    const motionId = judgedTransaction(asked).id
    const ballots = [first, second].map((memberId, number) =>
      signAct(
        number,
        BALLOT_KIND,
        encodeBallot({ memberId, memberSequence: timeMs + 1, motionId, choice: 1 })
      )
    )
    return [asked, ...ballots]
  }
}

function signAct(number: number, kind: number, body: Uint8Array): Uint8Array {
  const { memberId, sign } = founder(number)
  const message = transactionSigningBytes(NETWORK_TAG, body, {
    kind,
    role: 'member',
    key: memberId
  })
  return encodeTransaction(body, [{ algorithm: 'Ed25519', signature: sign(message) }], null)
}
