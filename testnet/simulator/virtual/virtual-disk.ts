/**
 * A disk of the simulated world: it forgets what was not synced, and breaks when it is told to.
 *
 * It behaves as LevelDB was measured to behave on a real disk: what is written
 * becomes durable in order, by the next sync; a power cut takes a tail of the
 * rest; a failed write is neither yes nor no; and damage is not noticed by itself.
 *
 * @module
 */

import { NodeError } from '../../../node/errors.ts'
import type { StorageEngine } from '../../../node/storage/engine.ts'
import type { Dice } from './dice.ts'
import { type Change, emptyFolder, type Folder, put, settle } from './folder.ts'
import { VirtualStore } from './virtual-store.ts'

/** What a disk is told to do. */
export interface DiskFaults {
  /** Writes are refused from now on; the first one may come back after a start. */
  isRefusing: boolean
  isFull: boolean
  /** How long each synced write takes. */
  syncMs: number
}

/** What a disk needs from the world. */
export interface DiskPorts {
  readonly dice: Dice
  /** Resolves later in virtual time. */
  readonly wait: (delayMs: number) => Promise<void>
  /** Passed at each write before it happens and after it has; it may end the process. */
  readonly point: (what: 'write' | 'written') => void
  /** Whether the process lives: of a dead one nothing is written, and nothing answered. */
  readonly isAlive: () => boolean
  /** Synced bytes, for whoever checks that a vote was durable before it left. */
  readonly onSynced: (path: string, changes: readonly Change[]) => void
}

/** The disk of one node; processes come and go on it. */
export class VirtualDisk {
  readonly folders: Map<string, Folder> = new Map()
  readonly faults: DiskFaults = { isRefusing: false, isFull: false, syncMs: 0 }
  readonly #dice: Dice

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** The engine by which one process uses the disk. */
  engine(ports: Omit<DiskPorts, 'dice'>): StorageEngine {
    return {
      isTaken: (path) => this.folders.has(path),
      isDatabase: (path) => this.folders.get(path)?.hasMarker === true,
      check: async (path) => {
        if (this.folders.get(path)?.hasLogDamage === true)
          throw new NodeError('STORAGE_DAMAGED', `${path}: the log is damaged`)
      },
      open: async (path, { create }) => {
        if (create) this.folders.set(path, emptyFolder())
        const folder = this.folders.get(path)
        if (folder === undefined) throw new NodeError('STORAGE_MISSING', `${path}: is not there`)
        return new VirtualStore(path, folder, this.faults, { ...ports, dice: this.#dice })
      },
      settle: async () => undefined
    }
  }

  /** The power is cut: of what was not synced a head of random length stays. */
  cutPower(): void {
    for (const folder of this.folders.values()) this.#forgetTail(folder)
  }

  /** The process ends, the machine does not: everything written is there. */
  settleAll(): void {
    for (const folder of this.folders.values()) settle(folder)
  }

  #forgetTail(folder: Folder): void {
    const kept = folder.unsynced.slice(0, this.#dice.below(folder.unsynced.length + 1))
    for (const [key, value] of folder.before) put(folder, key, value)
    for (const changes of kept) for (const [key, value] of changes) put(folder, key, value)
    settle(folder)
  }
}
