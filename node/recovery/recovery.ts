/**
 * Recovery: how a running node deals with a disk that does not keep what was written.
 *
 * @module
 */

import type { StorageCondition } from '../ledger-service.ts'
import type { DamagedRecord } from '../storage/damaged-record.ts'
import { CureDesk } from './cure-desk.ts'
import type { CurePorts } from './cure-ports.ts'
import { cureRecord } from './cures.ts'
import { Scrub, type ScrubPorts } from './scrub.ts'

/** What recovery is told. */
export interface RecoveryOptions {
  /** How fast the scrub reads; zero: not at all. */
  readonly scrubBytesPerSecond: number
}

/** What recovery needs from others. */
export interface RecoveryPorts
  extends CurePorts,
    Pick<ScrubPorts, 'clock' | 'checkTables' | 'count' | 'onTrouble'> {
  readonly log: CurePorts['log'] & ScrubPorts['log'] & { readonly info: CurePorts['log']['warn'] }
  /** The node cannot go on. */
  readonly onFailure: (error: unknown) => void
}

/** Mends the ledger of a running node. */
export class Recovery {
  readonly #desk: CureDesk
  readonly #scrub: Scrub

  constructor(options: RecoveryOptions, ports: RecoveryPorts) {
    const { database, onFailure } = ports
    this.#desk = new CureDesk(
      { path: database.path },
      { ...ports, cure: (key) => cureRecord(key, ports), onHopeless: onFailure }
    )
    this.#scrub = new Scrub(
      { bytesPerSecond: options.scrubBytesPerSecond },
      { ...ports, report: (key) => this.#desk.report(key) }
    )
    database.onDamage(({ key }) => this.#desk.report(key))
  }

  /** How the ledger's records are. */
  get condition(): StorageCondition {
    const { damagedRecords, repairedRecords } = this.#desk.counts
    return {
      scrubbedAtMs: this.#scrub.scrubbedAtMs,
      damagedRecords: damagedRecords + this.#scrub.missingValues,
      repairedRecords
    }
  }

  /** Resolves with true once a damaged record is cured, with false when the time is over. */
  awaitCure({ key }: DamagedRecord, timeoutMs: number): Promise<boolean> {
    return this.#desk.awaitCure(key, timeoutMs)
  }

  /** Keeps nobody waiting for a cure any more: the node is about to end. */
  letGo(): void {
    this.#desk.letGo()
  }

  /** Begins to look for damage. */
  start(): void {
    this.#scrub.start()
  }

  /** Looks at the whole ledger once. */
  scrubOnce(): Promise<void> {
    return this.#scrub.pass()
  }

  /** Resolves when nothing is read or written any more. */
  async stop(): Promise<void> {
    await this.#scrub.stop()
    await this.#desk.stop()
  }
}
