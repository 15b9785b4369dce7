/**
 * The archive: final blocks and their transactions, as they lie in the database.
 *
 * @module
 */

import {
  type BatchReference,
  createListTree,
  decodeBatch,
  decodeCbor,
  decodeTransaction,
  encodeReadProof,
  encodeReceiptLeaf,
  encodeReceiptProof,
  equalBytes,
  type FinalityProof,
  invariant,
  type LedgerVersion,
  listLeafHash,
  type Outcome,
  type SealProof,
  stateKey,
  stateValueHash,
  type Transaction,
  UNFINALISED_MAX
} from '../../protocol/index.ts'
import {
  type CommandEntry,
  type CommandPlace,
  type CommandsAsked,
  readCommands,
  readCommandsPassed
} from '../ledger/device-commands.ts'
import { type IncarnationEnd, readIncarnationEnd } from '../ledger/incarnation-ends.ts'
import {
  BATCHES_FROM_KEY,
  BLOCKS_FROM_KEY,
  batchKey,
  blockKey,
  heightOfBlockKey,
  stateValueKey,
  transactionKey
} from '../ledger/keyspace.ts'
import { readStoredBlock } from '../ledger/open-ledger.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import type { TransactionStatus } from '../ledger-service.ts'
import type { Database } from '../storage/database.ts'
import { readSeals } from './seals.ts'

/** A transaction at its place in a final block. */
export interface ArchivedTransaction {
  readonly transaction: Transaction
  readonly stored: StoredBlock
  readonly position: number
  readonly outcome: Outcome
}

/** What the archive needs from others. */
export interface ArchivePorts {
  /** The value under a key of a table in the committed state. */
  readonly readValue: (table: number, key: Uint8Array) => Uint8Array | undefined
  /** Whether the block of a height is final, and durably here. */
  readonly holdsBlock: (height: number) => boolean
}

/** A key of a table of the state. */
export interface StatePlace {
  readonly table: number
  readonly key: Uint8Array
}

/** What stands there. */
export interface StateReading {
  readonly value: Uint8Array | null
  readonly proof: Uint8Array | null
}

/** The archive of a database that nobody writes to, whose last final block is known. */
export function openArchive(
  database: Database,
  networkTag: Uint8Array,
  tipHeight: number
): Archive {
  return new Archive(database, networkTag, {
    readValue: (table, key) => database.getSync(stateValueKey(table, key)),
    holdsBlock: (height) => height <= tipHeight
  })
}

/** Reads what is final. */
export class Archive {
  readonly #database: Database
  readonly #networkTag: Uint8Array
  readonly #ports: ArchivePorts

  constructor(database: Database, networkTag: Uint8Array, ports: ArchivePorts) {
    this.#database = database
    this.#networkTag = networkTag
    this.#ports = ports
  }

  /** The lowest height whose block is here. */
  get blocksFrom(): number {
    return this.#heightUnder(BLOCKS_FROM_KEY)
  }

  /** The lowest height whose batches and outcomes are here: what is below was pruned. */
  get batchesFrom(): number {
    return this.#heightUnder(BATCHES_FROM_KEY)
  }

  /**
   * A final block by its height.
   *
   * @throws DamagedRecord, as everything here does that reads what is spoilt or gone
   */
  block(height: number): StoredBlock | undefined {
    const stored = readStoredBlock(this.#database, height)
    if (stored === undefined && height >= this.blocksFrom && this.#ports.holdsBlock(height))
      throw this.#database.reportDamage(blockKey(height), 'the final block is missing')
    return stored
  }

  /** The height of a final block by its id. */
  heightOf(blockId: Uint8Array): number | undefined {
    const encoded = this.#database.getSync(heightOfBlockKey(blockId))
    const height = encoded === undefined ? undefined : decodeCbor(encoded)
    return typeof height === 'number' ? height : undefined
  }

  /** A transaction by its id, where it first counted. */
  find(transactionId: Uint8Array): ArchivedTransaction | undefined {
    const encoded = this.#database.getSync(transactionKey(transactionId))
    const place = encoded === undefined ? undefined : decodeCbor(encoded)
    if (!Array.isArray(place)) return undefined
    const [height, position] = place as unknown as readonly [number, number]
    // One that is being written is told of when it is durable.
    if (!this.#ports.holdsBlock(height)) return undefined
    const stored = this.block(height)
    const transaction = stored && this.#transactionAt(stored, position)
    if (stored === undefined || transaction === undefined) return undefined
    if (!equalBytes(transaction.id, transactionId)) return undefined
    const outcome = stored.outcomes[position]
    if (outcome === undefined) return undefined
    return { transaction, stored, position, outcome }
  }

  /** Where a final transaction stands. */
  statusOf(transactionId: Uint8Array): TransactionStatus | null {
    const found = this.find(transactionId)
    if (found === undefined) return null
    const { height, timeMs } = found.stored.block.header
    const { outcome, code } = found.outcome
    return { transactionId, stage: 'final', outcome, code, height, timeMs }
  }

  /** All transactions of a final block, in order; null when they were pruned. */
  transactionsOf({ block, outcomes }: StoredBlock): Transaction[] | null {
    const transactions = block.batches.flatMap(
      (reference) => this.#batchTransactions(reference) ?? []
    )
    // Outcomes go with the batches; a batch may also have stood in an earlier block that was pruned.
    return transactions.length === block.header.transactionCount &&
      outcomes.length === transactions.length
      ? transactions
      : null
  }

  /** The encoded receipt of a final transaction; null while the block is not proved final here. */
  receipt(transactionId: Uint8Array): Uint8Array | null {
    const found = this.find(transactionId)
    if (found === undefined) return null
    const { stored, position, outcome } = found
    const finality = this.finalityOf(stored)
    if (finality === null) return null
    const transactions = this.transactionsOf(stored)
    if (transactions === null) return null
    const leaves = transactions.map(({ id }, index) =>
      listLeafHash(encodeReceiptLeaf(id, stored.outcomes[index] as Outcome))
    )
    const path = createListTree(leaves).path(position)
    return encodeReceiptProof({ transactionId, outcome, index: position, path, finality })
  }

  /**
   * The encoded value of the committed state, and a proof of it or of its absence; undefined where a
   * proof is asked for while a block is being written, of which the database holds the value already.
   */
  readState(
    tip: LedgerVersion,
    { table, key }: StatePlace,
    withProof: boolean
  ): StateReading | undefined {
    const value = this.#ports.readValue(table, key) ?? null
    if (!withProof) return { value, proof: null }
    if (!isOfVersion(tip, { table, key }, value)) return undefined
    const stored = this.block(tip.height)
    const finality = stored === undefined ? null : this.finalityOf(stored)
    if (finality === null) return { value, proof: null }
    const state = tip.tree.prove(stateKey(table, key))
    return { value, proof: encodeReadProof({ table, key, value, state, finality }) }
  }

  /** Where an incarnation of a device ended; undefined while it has not, or where that is not known here. */
  incarnationEnd(deviceId: Uint8Array, incarnation: number): IncarnationEnd | undefined {
    return readIncarnationEnd(this.#database, deviceId, incarnation)
  }

  /** Up to which place the commands of a device are not handed out any more. */
  commandsPassed(deviceId: Uint8Array): CommandPlace {
    return readCommandsPassed(this.#database, deviceId)
  }

  /** Where commands of a device stand, as far as they are durable. */
  commands(deviceId: Uint8Array, asked: CommandsAsked): Promise<readonly CommandEntry[]> {
    return readCommands(this.#database, deviceId, {
      ...asked,
      isWanted: (entry) => this.#ports.holdsBlock(entry.height) && asked.isWanted(entry)
    })
  }

  /** The seals of epochs from one on, as far as they are here and go together. */
  seals(from: number): readonly SealProof[] {
    return readSeals(from, {
      block: (height) => this.block(height),
      readValue: this.#ports.readValue
    })
  }

  /** What proves a block final: its own finalisation, or the nearest one after it. */
  finalityOf(stored: StoredBlock): FinalityProof | null {
    const { headerBytes, header } = stored.block
    const descendants: Uint8Array[] = []
    let next: StoredBlock | undefined = stored
    while (next !== undefined && descendants.length < 4 * UNFINALISED_MAX) {
      if (next.finalisation !== null)
        return { headerBytes, finalisation: next.finalisation, descendants }
      next = this.block(header.height + descendants.length + 1)
      if (next !== undefined) descendants.push(next.block.headerBytes)
    }
    return null
  }

  #heightUnder(key: Uint8Array): number {
    const encoded = this.#database.getSync(key)
    const height = encoded === undefined ? undefined : decodeCbor(encoded)
    return typeof height === 'number' ? height : 0
  }

  #transactionAt({ block }: StoredBlock, position: number): Transaction | undefined {
    let first = 0
    for (const reference of block.batches) {
      const { count } = reference.header
      if (position < first + count) return this.#batchTransactions(reference)?.[position - first]
      first += count
    }
    return undefined
  }

  /** Undefined when the batch was pruned. */
  #batchTransactions({ id, header }: BatchReference): Transaction[] | undefined {
    const bytes = this.#database.getSync(batchKey(id))
    if (bytes === undefined) {
      // One that was closed below may have gone with an earlier block that carried it too.
      if (header.height < this.batchesFrom) return undefined
      throw this.#database.reportDamage(batchKey(id), 'the batch of a final block is missing')
    }
    const batch = decodeBatch(bytes)
    invariant(batch !== undefined, 'the batches of final blocks are well formed')
    return batch.transactions.map((wire) => {
      const decoded = decodeTransaction(wire, this.#networkTag)
      invariant(decoded.ok, 'the transactions of final blocks are well formed')
      return decoded.value
    })
  }
}

/** Whether the tree of a version commits to just this value. */
function isOfVersion(
  { tree }: LedgerVersion,
  { table, key }: StatePlace,
  value: Uint8Array | null
): boolean {
  const expected = tree.valueHash(stateKey(table, key))
  if (expected === undefined || value === null) return expected === undefined && value === null
  return equalBytes(expected, stateValueHash(value))
}
