/**
 * The watch: takes facts from final blocks, asks the rules, and has alerts filed.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import {
  DEVICE_STATUS,
  type DeviceMessage,
  devices,
  isCounting,
  type LedgerReader,
  type LedgerVersion,
  members,
  NETWORK_KEY,
  networkTable,
  type Outcome,
  type Profile,
  type Transaction,
  toHex
} from '../../../protocol/index.ts'
import type { CommittedBlock } from '../../ledger/ledger-keeper.ts'
import { DamagedRecord } from '../../storage/damaged-record.ts'
import { witnessedIn } from '../witnessed.ts'
import type { AlertDesk } from './alert-desk.ts'
import { type DeviceFacts, FactBook, turnWindow } from './device-facts.ts'
import { RULE_TABLE } from './rule-table.ts'
import { profileOf, takeDown, takeWitnessDown } from './take-down.ts'

/** Devices that are looked at after each block although it does not hold them: they may be silent. */
const SILENT_LOOKS = 16

/** Where the watch is. */
export interface WatchOptions {
  readonly networkTag: Uint8Array
}

/** What the watch needs from others. */
export interface WatchPorts {
  /** The last final version. */
  readonly tip: () => LedgerVersion
  /** Whether that is the present: the past is taken down, but nobody is told of it. */
  readonly isCurrent: () => boolean
  readonly desk: Pick<AlertDesk, 'file'>
}

/** Watches devices. */
export class Watch {
  readonly #networkTag: Uint8Array
  readonly #ports: WatchPorts
  readonly #book = new FactBook()

  constructor({ networkTag }: WatchOptions, ports: WatchPorts) {
    this.#networkTag = networkTag
    this.#ports = ports
  }

  /** Devices of which something is known. */
  get size(): number {
    return this.#book.size
  }

  /** A device said anew what it said so long ago that nothing can be proved. */
  noteOldStray(deviceId: Uint8Array): void {
    const { tip } = this.#ports
    const facts = this.#book.at(deviceId, windowStartOf(tip().view, tip().timeMs))
    facts.present.oldStrays++
    this.#judge(facts)
  }

  /** A device said more than its budget allows; its message waits at this node. */
  noteExcess(deviceId: Uint8Array): void {
    const { tip, isCurrent } = this.#ports
    if (!isCurrent()) return
    const facts = this.#book.at(deviceId, windowStartOf(tip().view, tip().timeMs))
    facts.present.excessive++
    this.#judge(facts)
  }

  /** Takes down what a final block shows, and judges those whom it shows. */
  settleBlock(block: CommittedBlock): void {
    try {
      this.#settle(block)
    } catch (error) {
      // A record is being mended: what this block shows is missed, nothing else.
      if (!(error instanceof DamagedRecord)) throw error
    }
  }

  #settle({ block, transactions, executed, version }: CommittedBlock): void {
    const { view, timeMs, height } = version
    const windowStartMs = windowStartOf(view, timeMs)
    const touched = new Set<DeviceFacts>()
    let index = 0
    for (const { header } of block.batches) {
      const region = view.read(members, header.author)?.region ?? ''
      const carrier = toHex(header.author)
      for (const end = index + header.count; index < end; index++) {
        const transaction = transactions[index] as Transaction
        const outcome = executed.outcomes[index] as Outcome
        const { body, wire } = transaction
        if (body.kind !== 'device-message' || !isTelling(outcome)) continue
        const facts = this.#book.at(body.deviceId, windowStartMs)
        const heard = { message: body, outcome, sizeBytes: wire.length, region, carrier }
        takeDown(facts, { ...heard, timeMs, height }, view)
        touched.add(facts)
        const subject = this.#noteWitness(transaction, outcome, windowStartMs)
        if (subject !== undefined) touched.add(subject)
      }
    }
    if (!this.#ports.isCurrent()) return
    for (const facts of touched) this.#judge(facts)
    for (const facts of this.#book.next(SILENT_LOOKS)) {
      turnWindow(facts, windowStartMs)
      this.#judge(facts)
    }
  }

  /** What a witness says is taken down with the device that it speaks of, if that is known here. */
  #noteWitness(
    transaction: Transaction,
    outcome: Outcome,
    windowStartMs: number
  ): DeviceFacts | undefined {
    if (outcome.outcome !== 'applied') return undefined
    const shown = witnessedIn(transaction, this.#networkTag)?.body
    if (shown?.kind !== 'device-message') return undefined
    const facts = this.#book.known(shown.deviceId)
    if (facts === undefined) return undefined
    turnWindow(facts, windowStartMs)
    takeWitnessDown(facts, transaction.body as DeviceMessage, shown)
    return facts
  }

  #judge(facts: DeviceFacts): void {
    const { tip, desk } = this.#ports
    const { view, timeMs } = tip()
    const { deviceId } = facts
    const profile = (): Profile | undefined => profileOf(deviceId, view)
    for (const { number, judge } of RULE_TABLE) {
      const suspicion = judge(facts, { profile, timeMs })
      // Of one that was made to be silent nothing is expected.
      if (suspicion !== null && isSpeaking(deviceId, view))
        desk.file({ deviceId, rule: number, ...suspicion })
    }
  }
}

/** Whether a device is active and not lost. */
function isSpeaking(deviceId: Uint8Array, view: LedgerReader): boolean {
  const device = view.read(devices, deviceId)
  return device?.status === DEVICE_STATUS.active && device.lost === 0
}

/** Whether an outcome tells anything of the device that spoke. */
function isTelling(outcome: Outcome): boolean {
  return isCounting(outcome) || outcome.code === 'QUOTA_EMPTY'
}

function windowStartOf(view: LedgerReader, timeMs: number): number {
  const windowMs = view.read(networkTable, NETWORK_KEY)?.parameters.alertWindowMs ?? 1
  return timeMs - (timeMs % windowMs)
}
