/**
 * The snapshot maker: takes a snapshot at every so many blocks, in the background.
 *
 * The state is held fast right after the block's write; writing it out takes its time. While one is
 * being written no other one is begun: the next height comes.
 *
 * @module
 */

import type { Block, FinalityProof } from '../../protocol/index.ts'
import { type Clock, sleep } from '../clock.ts'
import type { DatabaseSnapshot } from '../storage/database.ts'
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts'
import { writeSnapshot } from './snapshot-writer.ts'

/** How often snapshots are made. */
export interface SnapshotMakerOptions {
  /** Heights that are multiples of it get one; 0 makes none. */
  readonly everyBlocks: number
}

/** What the maker needs from others. */
export interface SnapshotMakerPorts {
  readonly store: SnapshotStore
  /** Holds the present state fast. */
  readonly holdState: () => DatabaseSnapshot
  /** What proves a final block final; null as long as nothing does. */
  readonly finalityOf: (height: number) => FinalityProof | null
  /** Whether this node is so far behind that a snapshot of now is of no use to anybody. */
  readonly isBehind: () => boolean
  readonly clock: Pick<Clock, 'nowMs' | 'later' | 'pause'>
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  /** A snapshot could not be made: the node goes on without it. */
  readonly onTrouble: (error: unknown) => void
}

/** So that a node with a million devices is done in well under a minute, and its disk has rest. */
const BYTES_PER_SECOND_MAX = 32 * 1024 * 1024
const PROOF_POLL_MS = 200

/** Makes snapshots. */
export class SnapshotMaker {
  readonly #everyBlocks: number
  readonly #ports: SnapshotMakerPorts
  #making: Promise<void> | undefined
  #isStopped = false

  constructor({ everyBlocks }: SnapshotMakerOptions, ports: SnapshotMakerPorts) {
    this.#everyBlocks = everyBlocks
    this.#ports = ports
  }

  /** Hears of a block right after its write, and before the next one's. */
  blockWritten(block: Block): void {
    const { height } = block.header
    if (this.#everyBlocks === 0 || height % this.#everyBlocks !== 0) return
    if (this.#isStopped || this.#making !== undefined || this.#ports.isBehind()) return
    const moment = this.#ports.holdState()
    this.#making = this.#make(block, moment)
      .catch(this.#ports.onTrouble)
      .finally(() => {
        this.#making = undefined
      })
  }

  /** Resolves when nothing is being made. */
  async whenIdle(): Promise<void> {
    await this.#making
  }

  /** Gives up what is being made; resolves when nothing of the database is held any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#making
  }

  async #make(block: Block, moment: DatabaseSnapshot): Promise<void> {
    const { store, clock, log } = this.#ports
    const startMs = clock.nowMs()
    let made: StoredSnapshot | undefined
    try {
      made = await this.#write(block, moment)
    } finally {
      await moment.close()
    }
    if (made === undefined) return
    const [oldest] = store.list().slice(-1)
    log('snapshot made', {
      height: made.height,
      snapshotId: made.idHex,
      bytes: made.bytes,
      durationMs: Math.round(clock.nowMs() - startMs),
      oldestHeight: oldest?.height
    })
  }

  async #write(block: Block, moment: DatabaseSnapshot): Promise<StoredSnapshot | undefined> {
    const { store, clock } = this.#ports
    const folder = await store.begin()
    const options = { moment, block, folder, bytesPerSecondMax: BYTES_PER_SECOND_MAX }
    const manifest = await writeSnapshot(options, {
      clock,
      proveFinal: () => this.#awaitProof(block.header.height),
      isStopped: () => this.#isStopped
    })
    if (manifest === undefined) {
      await folder.remove()
      return undefined
    }
    return await store.adopt(folder)
  }

  async #awaitProof(height: number): Promise<FinalityProof | undefined> {
    while (!this.#isStopped) {
      const proof = this.#ports.finalityOf(height)
      if (proof !== null) return proof
      await sleep(this.#ports.clock, PROOF_POLL_MS)
    }
    return undefined
  }
}
