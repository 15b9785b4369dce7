/**
 * What one simulated node keeps on its disk: ledger, vote log and snapshots, as a data directory has them.
 *
 * The disk alone is a stand-in. Databases, vote log and the swap of ledgers are the product's own.
 *
 * @module
 */

import { join } from 'node:path'
import type { NodeError } from '../../../node/errors.ts'
import type { SnapshotWorld } from '../../../node/snapshot/snapshots.ts'
import type { Database, DatabasePorts } from '../../../node/storage/database.ts'
import type { Files } from '../../../node/storage/files.ts'
import { declareReady, ledgerPlaces, settleLedgerSwap } from '../../../node/storage/ledger-swap.ts'
import { openDatabase } from '../../../node/storage/open-database.ts'
import { openVoteLog, type VoteLog } from '../../../node/storage/vote-log.ts'
import type { Dice } from '../virtual/dice.ts'
import { type DiskPorts, VirtualDisk } from '../virtual/virtual-disk.ts'

/** What one process needs to use it. */
export interface StoragePorts extends Omit<DiskPorts, 'dice'> {
  readonly onWriteFailure: (failure: NodeError) => void
}

/** Storage that one process has open. */
export interface OpenStorage {
  readonly ledger: Database
  readonly voteLog: VoteLog
  /** The places of snapshots. */
  readonly places: Omit<SnapshotWorld, 'onInstalled'>
  readonly close: () => Promise<void>
}

const SCHEMA_VERSION = 1

/** The storage of one node; processes come and go on it. */
export class NodeStorage {
  readonly disk: VirtualDisk
  readonly #folder: string
  readonly #identity: {
    readonly uuid: string
    readonly networkId: string
    readonly schemaVersion: number
  }
  #isFounded = false
  /** An operator has set the ledger aside: a new one is begun. */
  #isLedgerAside = false
  #isLogLost = false

  constructor(index: number, dice: Dice) {
    this.disk = new VirtualDisk(dice)
    this.#folder = `${index}`
    this.#identity = {
      uuid: `node-${index}`,
      networkId: 'simulated',
      schemaVersion: SCHEMA_VERSION
    }
  }

  /** Where a part lies. */
  path(name: 'ledger' | 'sign' | 'snapshots'): string {
    return join(this.#folder, name)
  }

  /**
   * What `thingmoot repair --apply` does: a damaged ledger is set aside, to be fetched anew; in the
   * place of a damaged vote log comes one that says that the last one was lost.
   *
   * @returns false when it was the vote log: this key never votes again
   */
  repair(): boolean {
    const sign = this.disk.database(this.path('sign'))
    const isWhole = sign ? sign.hasMarker && !sign.hasLogDamage : this.#isLogLost
    this.disk.place(this.path(isWhole ? 'ledger' : 'sign'), null)
    if (isWhole) this.#isLedgerAside = true
    else this.#isLogLost = true
    return isWhole
  }

  /**
   * Opens everything, as the daemon does: first it finishes or undoes a swap of ledgers.
   *
   * @param options - whether the member forgets what it signed, as some liars do
   * @throws NodeError
   */
  async open(
    { isForgotten }: { readonly isForgotten: boolean },
    ports: StoragePorts
  ): Promise<OpenStorage> {
    const files = this.disk.files(ports)
    const places = ledgerPlaces(this.#folder)
    const signPath = this.path('sign')
    const isFirst = !this.#isFounded
    this.#isFounded = true
    await settleLedgerSwap(places, files)
    if (isForgotten) this.disk.place(signPath, null)
    const databasePorts = this.#databasePorts(ports)
    const ledger = await this.#openLedger(isFirst, databasePorts)
    const isMissing = this.disk.database(signPath) === undefined
    const create = isMissing && (isFirst || isForgotten || this.#isLogLost)
    const log = { path: signPath, identity: this.#identity, create, isLost: this.#isLogLost }
    const voteLog = await openVoteLog(log, databasePorts)
    return {
      ledger,
      voteLog,
      places: this.#snapshotPlaces(files, databasePorts),
      close: async () => {
        await voteLog.close()
        await ledger.close()
      }
    }
  }

  #databasePorts(ports: StoragePorts): DatabasePorts {
    return { engine: this.disk.engine(ports), onWriteFailure: ports.onWriteFailure }
  }

  async #openLedger(isFirst: boolean, ports: DatabasePorts): Promise<Database> {
    const path = this.path('ledger')
    const isThere = this.disk.database(path) !== undefined
    const create = !isThere && (isFirst || this.#isLedgerAside)
    const ledger = await openDatabase({ path, identity: this.#identity, create }, ports)
    this.#isLedgerAside = false
    return ledger
  }

  #snapshotPlaces(files: Files, ports: DatabasePorts): OpenStorage['places'] {
    const places = ledgerPlaces(this.#folder)
    return {
      files,
      folder: this.path('snapshots'),
      createNextLedger: async () => {
        await files.remove(places.incoming)
        const options = { path: places.incoming, identity: this.#identity, create: true }
        return await openDatabase(options, ports)
      },
      declareNextLedger: () => declareReady(places, files)
    }
  }
}
