/**
 * A keeper of evidence on a claimed ledger, for tests: a clock that a test moves, and what was handed in.
 *
 * @module
 */

import {
  DEVICE_STATUS,
  type DeviceRecord,
  devices,
  invariant,
  judgeTransaction,
  type Transaction
} from '../../../protocol/index.ts'
import { systemClock } from '../../clock.ts'
import type { CommittedBlock } from '../../ledger/ledger-keeper.ts'
import { create } from '../../storage/testing/entries.ts'
import { EvidenceKeeper } from '../evidence-keeper.ts'
import { DEVICE_ID, NETWORK_TAG } from './claimed-device.ts'
import { ClaimedLedger } from './claimed-ledger.ts'
import { Speaker } from './speaker.ts'

const silent = (): void => undefined

/** The scene of a test. */
export class Keeping {
  readonly ledger: ClaimedLedger
  readonly genuine: Speaker
  /** Evidence that was handed in and is in no block yet. */
  readonly filed: Transaction[] = []
  readonly tooOld: Uint8Array[] = []
  readonly troubles: unknown[] = []
  /** What was counted, by label. */
  readonly counts: Map<string, number> = new Map()
  keeper: EvidenceKeeper
  isOwn = false
  #nowMs = 0

  private constructor(ledger: ClaimedLedger) {
    this.ledger = ledger
    this.genuine = new Speaker(ledger)
    this.keeper = this.#open()
  }

  /** Sets it up in a folder that does not exist yet. */
  static async open(folder: string): Promise<Keeping> {
    return new Keeping(await ClaimedLedger.open(await create(`${folder}/ledger`)))
  }

  /** The device's record. */
  get device(): DeviceRecord {
    const device = this.ledger.tip.view.read(devices, DEVICE_ID)
    invariant(device !== undefined, 'the device is claimed')
    return device
  }

  /** Whether the device may not speak any more. */
  get isStopped(): boolean {
    return this.device.status === DEVICE_STATUS.quarantined
  }

  /** Time passes. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** The node ends and starts again on the same disk. */
  async restart(): Promise<void> {
    await this.keeper.stop()
    this.keeper = this.#open()
    await this.keeper.open()
  }

  /** Makes a block final and lets the keeper finish with it. */
  async grow(
    transactions: readonly Transaction[],
    place: { readonly author?: number } = {}
  ): Promise<CommittedBlock> {
    const block = await this.ledger.grow(transactions, place)
    this.keeper.settleBlock(block)
    await this.settled()
    return block
  }

  /** What was filed comes into a block. */
  async growFiled(): Promise<CommittedBlock> {
    return await this.grow(this.filed.splice(0))
  }

  /** Hands in what was refused, and waits until it was looked at. */
  async refuse(transaction: Transaction, code: string, isVerified = false): Promise<void> {
    this.keeper.refused(transaction, code, { isVerified })
    await this.settled()
  }

  /** Waits for looks under way. */
  async settled(): Promise<void> {
    await this.keeper.idle()
  }

  #open(): EvidenceKeeper {
    const { ledger } = this
    const carrierId = ledger.keeper.electorate.seats[0]?.memberId
    invariant(carrierId !== undefined, 'there are founders')
    return new EvidenceKeeper(
      { networkTag: NETWORK_TAG, carrierId },
      {
        clock: { nowMs: () => this.#nowMs, pause: systemClock.pause },
        database: ledger.database,
        archive: ledger.archive,
        tip: () => ledger.tip,
        isCurrent: () => true,
        isUnderWay: (id) => ledger.keeper.isUnderWay(id),
        isOwn: () => this.isOwn,
        submit: async (wire) => {
          const judged = judgeTransaction(wire, NETWORK_TAG)
          invariant(judged.ok, 'evidence is sound')
          this.filed.push(judged.value)
          return { kind: 'busy', code: 'TRY_AGAIN', retryAfterMs: 0 }
        },
        onTooOld: (deviceId) => void this.tooOld.push(deviceId),
        log: { info: silent, warn: silent },
        count: (_name, label, amount) =>
          void this.counts.set(label, (this.counts.get(label) ?? 0) + amount),
        onFailure: (error) => void this.troubles.push(error)
      }
    )
  }
}
