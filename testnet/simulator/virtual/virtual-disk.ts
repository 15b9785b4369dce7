/**
 * A disk of the simulated world: it forgets what was not synced, and breaks when it is told to.
 *
 * It behaves as LevelDB was measured to behave on a real disk: what is written
 * becomes durable in order, by the next sync; a power cut takes a tail of the
 * rest; a failed write is neither yes nor no; and damage is not noticed by itself.
 *
 * @module
 */

import { basename, dirname } from 'node:path'
import { NodeError } from '../../../node/errors.ts'
import type { StorageEngine } from '../../../node/storage/engine.ts'
import type { Files } from '../../../node/storage/files.ts'
import type { Dice } from './dice.ts'
import { Directory, isDatabase, type VirtualFile } from './directory.ts'
import { type Change, emptyFolder, type Folder } from './folder.ts'
import { itemAt, makeDirectory } from './paths.ts'
import { createVirtualFiles } from './virtual-files.ts'
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
  readonly faults: DiskFaults = { isRefusing: false, isFull: false, syncMs: 0 }
  readonly #dice: Dice
  #root = new Directory()

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** The database of a path; undefined when there is none. */
  database(path: string): Folder | undefined {
    const item = itemAt(this.#root, path)
    return isDatabase(item) ? item : undefined
  }

  /** All files, wherever they lie; databases are none. */
  get allFiles(): readonly VirtualFile[] {
    return [...this.#root.files()]
  }

  /** Puts a database in a place for good, or takes away what lies there, as an operator does. */
  place(path: string, database: Folder | null): void {
    makeDirectory(this.#root, dirname(path), { isDurable: true }).place(basename(path), database)
  }

  /** The engine by which one process uses the databases. */
  engine(ports: Omit<DiskPorts, 'dice'>): StorageEngine {
    return {
      isTaken: (path) => itemAt(this.#root, path) !== undefined,
      isDatabase: (path) => this.database(path)?.hasMarker === true,
      check: async (path) => {
        if (this.database(path)?.hasLogDamage === true)
          throw new NodeError('STORAGE_DAMAGED', `${path}: the log is damaged`)
      },
      open: async (path, { create }) => {
        if (create) this.place(path, emptyFolder())
        const folder = this.database(path)
        if (folder === undefined) throw new NodeError('STORAGE_MISSING', `${path}: is not there`)
        return new VirtualStore(path, folder, this.faults, { ...ports, dice: this.#dice })
      },
      settle: async () => undefined
    }
  }

  /** The files and names of the disk, as one process uses them. */
  files(ports: Omit<DiskPorts, 'dice'>): Files {
    return createVirtualFiles(() => this.#root, this.faults, { ...ports, dice: this.#dice })
  }

  /** The power is cut: of what was not synced a head of random length stays. */
  cutPower(): void {
    this.#root.cutPower(this.#dice)
  }

  /** The process ends, the machine does not: everything written is there. */
  settleAll(): void {
    this.#root.settle()
  }

  /** A copy of everything, as a backup of a running machine has it. */
  backUp(): Directory {
    return this.#root.copy()
  }

  /** Puts a copy in the place of everything. */
  restore(backup: Directory): void {
    this.#root = backup.copy()
  }
}
