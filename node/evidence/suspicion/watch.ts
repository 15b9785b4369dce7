/**
 * The watch: takes facts from final blocks, asks the rules, and has alerts filed.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import {
  classVersionKey,
  classVersions,
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
  ownerships,
  type Profile,
  type Transaction,
  tightenProfile
} from '../../../protocol/index.ts'
import type { CommittedBlock } from '../../ledger/ledger-keeper.ts'
import { DamagedRecord } from '../../storage/damaged-record.ts'
import type { AlertDesk } from './alert-desk.ts'
import { type DeviceFacts, FactBook, type LastWord, turnWindow } from './device-facts.ts'
import { isStale } from './old-anchors.ts'
import { isLeap } from './place-and-time.ts'
import { RULE_TABLE } from './rule-table.ts'

/** Codes of void messages for what they say. */
const MALFORMED: readonly string[] = ['CONTENT_MALFORMED', 'KIND_NOT_ALLOWED']
/** Codes of messages that are too large, or too many. */
const EXCESSIVE: readonly string[] = ['CONTENT_TOO_LARGE', 'QUOTA_EMPTY']
/** Devices that are looked at after each block although it does not hold them: they may be silent. */
const SILENT_LOOKS = 16

/** What the watch needs from others. */
export interface WatchPorts {
  /** The last final version. */
  readonly tip: () => LedgerVersion
  /** Whether that is the present: the past is taken down, but nobody is told of it. */
  readonly isCurrent: () => boolean
  readonly desk: Pick<AlertDesk, 'file'>
}

/** A message at its place. */
interface Heard {
  readonly message: DeviceMessage
  readonly outcome: Outcome
  readonly sizeBytes: number
  readonly region: string
  readonly timeMs: number
}

/** Watches devices. */
export class Watch {
  readonly #ports: WatchPorts
  readonly #book = new FactBook()

  constructor(ports: WatchPorts) {
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
    const windowStartMs = windowStartOf(version.view, version.timeMs)
    const touched = new Set<DeviceFacts>()
    let index = 0
    for (const { header } of block.batches) {
      const region = version.view.read(members, header.author)?.region ?? ''
      for (const end = index + header.count; index < end; index++) {
        const { body, wire } = transactions[index] as Transaction
        const outcome = executed.outcomes[index] as Outcome
        if (body.kind !== 'device-message' || !isTelling(outcome)) continue
        const facts = this.#book.at(body.deviceId, windowStartMs)
        const sizeBytes = wire.length
        const heard = { message: body, outcome, sizeBytes, region, timeMs: version.timeMs }
        takeDown(facts, heard, version.view)
        touched.add(facts)
      }
    }
    if (!this.#ports.isCurrent()) return
    for (const facts of touched) this.#judge(facts)
    for (const facts of this.#book.next(SILENT_LOOKS)) {
      turnWindow(facts, windowStartMs)
      this.#judge(facts)
    }
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

/** Takes one message down. */
function takeDown(facts: DeviceFacts, heard: Heard, view: LedgerReader): void {
  const { present } = facts
  const { message, outcome, sizeBytes, region, timeMs } = heard
  const { anchorHeight, incarnation } = message
  if (EXCESSIVE.includes(outcome.code ?? '')) present.excessive++
  if (!isCounting(outcome)) return
  present.messages++
  present.bytes += sizeBytes
  if (MALFORMED.includes(outcome.code ?? '')) present.malformed++
  const last = facts.last?.incarnation === incarnation ? facts.last : null
  const isFalse = outcome.code === 'ANCHOR_FALSE'
  if (isFalse || (last !== null && isStale(last, anchorHeight))) present.staleAnchors++
  // The profile is read only where it matters: most devices speak from one place.
  if (last?.region !== region) takePlaceDown(facts, last, { heard, view })
  const highest = last?.anchorHeight ?? 0
  const kept = isFalse ? highest : Math.max(highest, anchorHeight)
  facts.last = { timeMs, region, anchorHeight: kept, incarnation }
}

/** A device speaks from another region than before, or for the first time here. */
function takePlaceDown(
  { present, deviceId }: DeviceFacts,
  last: LastWord | null,
  { heard, view }: { readonly heard: Heard; readonly view: LedgerReader }
): void {
  const profile = profileOf(deviceId, view)
  if (profile === undefined) return
  const { regions } = profile
  if (last !== null && isLeap(last, heard, profile)) present.leaps++
  if (regions !== null && !regions.includes(heard.region)) present.strangeRegions++
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

/** The profile in force: the class version's, tightened by the owner. */
function profileOf(deviceId: Uint8Array, view: LedgerReader): Profile | undefined {
  const device = view.read(devices, deviceId)
  if (device === undefined) return undefined
  const key = classVersionKey(device.classId, device.classVersion)
  const profile = view.read(classVersions, key)?.profile
  const overlay = view.read(ownerships, deviceId)?.overlay ?? null
  if (profile === undefined || overlay === null) return profile
  return tightenProfile(profile, overlay) ?? profile
}
