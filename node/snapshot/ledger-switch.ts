/**
 * The ledger switch: from a whole snapshot to a node that goes on from it.
 *
 * The new ledger is built while the old one is in use. Then the node is asked to end; once it has
 * stopped signing, the new ledger is completed and declared ready, and the next start puts it in
 * place.
 *
 * @module
 */

import type { SnapshotManifest } from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../storage/database.ts'
import type { FollowedSeal } from '../sync/seal-follower.ts'
import { buildState, completeLedger, type WholeSnapshot } from './ledger-builder.ts'
import type { SnapshotFolder } from './snapshot-folder.ts'
import type { SnapshotStore } from './snapshot-store.ts'

/** What the switch needs from others. */
export interface LedgerSwitchPorts {
  readonly clock: Pick<Clock, 'pause' | 'nowMs'>
  readonly store: SnapshotStore
  /** Makes an empty ledger beside the one in use, in the place of any that was begun there. */
  readonly createLedger: () => Promise<Database>
  /** The new ledger, closed, is to be the next one. */
  readonly declareReady: () => Promise<void>
  /** The seals by which this node came to believe the snapshot. */
  readonly followedSeals: () => readonly FollowedSeal[]
  /** Ends this node, so that it starts anew. */
  readonly onBuilt: () => void
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Builds and completes. */
export class LedgerSwitch {
  readonly #ports: LedgerSwitchPorts
  #built: { readonly ledger: Database; readonly manifest: SnapshotManifest } | undefined
  #building: Promise<void> | undefined
  #isStopped = false

  constructor(ports: LedgerSwitchPorts) {
    this.#ports = ports
  }

  /** Whether a new ledger waits for this node to end. */
  get isBuilt(): boolean {
    return this.#built !== undefined
  }

  /** Builds a ledger from a snapshot whose parts were all judged, and asks the node to end. */
  async install(manifest: SnapshotManifest, folder: SnapshotFolder): Promise<void> {
    this.#building = this.#build({ manifest, folder })
    await this.#building
    // From here on the snapshot is one of this node's own, to offer to others.
    await this.#ports.store.adopt(folder)
    if (this.#built !== undefined) this.#ports.onBuilt()
  }

  /** Gives up what is being built; what is built stays for {@link complete}. */
  async stop(): Promise<void> {
    this.#isStopped = true
    // What went wrong is told to whoever asked for the installation.
    await this.#building?.catch(() => undefined)
  }

  /**
   * Completes the new ledger from the old one, whose node has stopped for good.
   *
   * @throws NodeError STORAGE_DAMAGED, DISK_FULL or DISK_WRITE_FAILED; the old ledger then stays
   */
  async complete(old: Database): Promise<void> {
    if (this.#built === undefined) return
    const { ledger, manifest } = this.#built
    this.#built = undefined
    try {
      await completeLedger(ledger, manifest, { old, seals: this.#ports.followedSeals() })
    } finally {
      await ledger.close()
    }
    await this.#ports.declareReady()
    this.#ports.log('snapshot installed', { height: manifest.block.header.height })
  }

  async #build(snapshot: WholeSnapshot): Promise<void> {
    const { clock, createLedger, log } = this.#ports
    const startMs = clock.nowMs()
    const ledger = await createLedger()
    let isBuilt = false
    try {
      isBuilt = await buildState(ledger, snapshot, {
        pause: clock.pause,
        isStopped: () => this.#isStopped
      })
    } finally {
      if (!isBuilt) await ledger.close()
    }
    if (!isBuilt) return
    const { manifest } = snapshot
    this.#built = { ledger, manifest }
    log('ledger built from a snapshot', {
      height: manifest.block.header.height,
      leaves: manifest.leafCount,
      durationMs: Math.round(clock.nowMs() - startMs)
    })
  }
}
