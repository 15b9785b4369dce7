/**
 * Snapshots, all of it in one: made, kept, offered, fetched and installed.
 *
 * @module
 */

import {
  type Block,
  type Electorate,
  type Epoch,
  judgeManifest,
  type SnapshotManifest
} from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { Archive } from '../service/archive.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { Database } from '../storage/database.ts'
import type { Files } from '../storage/files.ts'
import type { FollowedSeal } from '../sync/seal-follower.ts'
import type { SnapshotRequest } from '../sync/sync-message.ts'
import { encodeBytesAnswer, encodeOffers } from '../sync/sync-message.ts'
import type { SyncMeter } from '../sync/sync-progress.ts'
import { LedgerSwitch } from './ledger-switch.ts'
import { SnapshotMaker } from './snapshot-maker.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { SnapshotSync } from './snapshot-sync.ts'

/** How snapshots are made and kept. */
export interface SnapshotsOptions {
  /** Heights that are multiples of it get one; 0 makes none. */
  readonly everyBlocks: number
  /** How many of the newest are kept. */
  readonly keep: number
}

/** The places of snapshots in the world. */
export interface SnapshotWorld {
  readonly files: Files
  /** Where snapshots lie. */
  readonly folder: string
  /** Makes an empty ledger to take the place of the one in use. */
  readonly createNextLedger: () => Promise<Database>
  readonly declareNextLedger: () => Promise<void>
  /** A new ledger is built: the node is to end and start anew. */
  readonly onInstalled: () => void
}

/** What snapshots need from others. */
export interface SnapshotsPorts {
  readonly world: SnapshotWorld
  readonly clock: Pick<Clock, 'nowMs' | 'later' | 'pause'>
  readonly database: Database
  readonly archive: Archive
  readonly networkTag: Uint8Array
  readonly electorate: () => Electorate
  /** The electorate of an epoch, also of a later one; undefined when this node cannot know it. */
  readonly electorateOf: (epoch: Epoch) => Promise<Electorate | undefined>
  /** The electorate of an epoch as the own ledger has it; undefined when it does not. */
  readonly ownElectorateOf: (epoch: Epoch) => Electorate | undefined
  /** The seals that led to the electorates of later epochs. */
  readonly followedSeals: () => readonly FollowedSeal[]
  /** How many blocks this node is behind the highest that there is reason to believe in. */
  readonly blocksBehind: () => number
  readonly peers: () => readonly string[]
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** Asks one peer for a part of a snapshot. */
  readonly askPart: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  readonly meter: SyncMeter
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly onTrouble: (error: unknown) => void
}

/**
 * The largest answer with a part: a chunk of records that are as small as they can be.
 *
 * @see SPEC.md §11 Synchronisation
 */
export const PART_ANSWER_MAX_BYTES: number = 1024 * 1024

/** Does everything about snapshots. */
export class Snapshots {
  readonly #ports: SnapshotsPorts
  readonly #store: SnapshotStore
  readonly #maker: SnapshotMaker
  readonly #switch: LedgerSwitch
  readonly #sync: SnapshotSync
  #joining: Promise<unknown> = Promise.resolve()

  constructor(options: SnapshotsOptions, ports: SnapshotsPorts) {
    const { world, clock, database, archive, log } = ports
    this.#ports = ports
    this.#store = new SnapshotStore({ folder: world.folder, keep: options.keep }, world)
    this.#maker = new SnapshotMaker(options, {
      store: this.#store,
      holdState: () => database.snapshot(),
      finalityOf: (height) => {
        const stored = archive.block(height)
        return stored === undefined ? null : archive.finalityOf(stored)
      },
      isBehind: () => ports.blocksBehind() > options.everyBlocks,
      clock,
      log,
      onTrouble: ports.onTrouble
    })
    this.#switch = new LedgerSwitch({
      clock,
      store: this.#store,
      createLedger: world.createNextLedger,
      declareReady: world.declareNextLedger,
      followedSeals: ports.followedSeals,
      onBuilt: world.onInstalled,
      log
    })
    this.#sync = this.#createSync()
  }

  /** The height of the newest own snapshot; 0 when there is none. */
  get newestHeight(): number {
    return this.#store.list()[0]?.height ?? 0
  }

  /** Clears away what an earlier process left unfinished, and what the disk has spoilt since. */
  async open(): Promise<void> {
    await this.#store.open()
    for (const { id, manifest } of this.#store.list())
      if (!this.#isGenuine(manifest)) await this.#store.forget(id)
  }

  /** Hears of a block right after its write. */
  blockWritten(block: Block): void {
    this.#maker.blockWritten(block)
  }

  /** Looks for a snapshot of at least a height; true when this node is to start anew on it. */
  async join(heightMin: number): Promise<boolean> {
    if (this.#switch.isBuilt) return true
    const joining = this.#sync.join(heightMin)
    // Whoever waits for the end is not told of a failure: whoever asked is.
    this.#joining = joining.catch(() => undefined)
    return (await joining) !== 'none'
  }

  /** Answers another node. */
  async answer(question: SnapshotRequest): Promise<Uint8Array> {
    switch (question.kind) {
      case 'snapshots':
        return encodeOffers(this.#store.list())
      case 'snapshot-manifest':
        return encodeBytesAnswer(this.#store.manifestOf(question.id))
      case 'snapshot-part':
        return encodeBytesAnswer(await this.#store.partOf(question.id, question.part))
    }
  }

  /** Gives up what is under way; resolves when nothing touches the database any more. */
  async stop(): Promise<void> {
    this.#sync.stop()
    await Promise.all([this.#maker.stop(), this.#switch.stop(), this.#joining])
  }

  /** Once the node has stopped for good: completes the ledger that was built, if one was. */
  async complete(): Promise<void> {
    await this.#switch.complete(this.#ports.database)
  }

  /** Offered as it is, a manifest that is not good would be held against this node. */
  #isGenuine(manifest: SnapshotManifest): boolean {
    const { networkTag, ownElectorateOf } = this.#ports
    const { epoch } = manifest.block.header
    // Where the ledger was lost there may be nobody to judge it by yet: it is judged when it is installed.
    const electorate = readIfWhole(() => ownElectorateOf(epoch))
    return electorate === undefined || judgeManifest(manifest, { networkTag, electorate }).ok
  }

  #createSync(): SnapshotSync {
    const { world, clock, electorate, electorateOf, meter } = this.#ports
    const { networkTag, peers, ask, askPart, penalise, log } = this.#ports
    return new SnapshotSync({
      electorate,
      electorateOf,
      networkTag,
      peers,
      ask,
      askPart,
      penalise,
      clock,
      files: world.files,
      store: this.#store,
      install: (manifest, folder) => this.#switch.install(manifest, folder),
      onProgress: (progress) => {
        if (progress === null) meter.end()
        else meter.note('snapshot', progress.doneBytes, progress.totalBytes)
      },
      log
    })
  }
}
