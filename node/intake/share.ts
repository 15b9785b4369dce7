/**
 * Shares: in whose name a transaction asks for room, and how much room that name was granted.
 *
 * What is proved to come next in a device's chain stands for the device's class, with the rate that
 * was granted to it by vote. What nothing proves yet shares one small name, so that nobody takes a
 * class's room by speaking of its devices.
 *
 * @module
 */

import {
  classHeads,
  devices,
  type LedgerReader,
  type Priority,
  type Transaction,
  toHex,
  transactionCost,
  transactionPriority
} from '../../protocol/index.ts'
import { readIfWhole } from '../storage/damaged-record.ts'

/** The claim of one transaction on room that is scarce. */
export interface Share {
  readonly priority: Priority
  /** Who shares the room that was granted: a class, or a kind of act. */
  readonly name: string
  /** Who speaks within it: a device, a member, a vendor. */
  readonly source: string
  /** Units an hour that were granted to the name. */
  readonly weight: number
  /** Units that this one costs. */
  readonly cost: number
}

/** For acts that no class was granted a rate for: ten units a second for each kind of them. */
const ACT_WEIGHT = 36_000
const TELEMETRY: Priority = 2
/** The name of what nothing proves yet. */
const UNPROVED = 'ahead'

/** The share of a transaction; `isProved` when it is known to be the next of its device. */
export function shareOf(transaction: Transaction, isProved: boolean, view: LedgerReader): Share {
  const { body } = transaction
  const cost = transactionCost(transaction)
  const { name, weight } = shareNameOf(transaction, view)
  if (body.kind !== 'device-message') {
    const priority = transactionPriority(transaction)
    return { priority, name, source: sourceOf(transaction), weight, cost }
  }
  const source = toHex(body.deviceId)
  return isProved
    ? { priority: transactionPriority(transaction), name, source, weight, cost }
    : { priority: TELEMETRY, name: UNPROVED, source, weight: ACT_WEIGHT, cost }
}

/** By whose share a transaction is kept once its signature is known to be good. */
export function shareNameOf(
  { body }: Transaction,
  view: LedgerReader
): Pick<Share, 'name' | 'weight'> {
  if (body.kind !== 'device-message') return { name: body.kind, weight: ACT_WEIGHT }
  const granted = readIfWhole(() => {
    const device = view.read(devices, body.deviceId)
    const head = device && view.read(classHeads, device.classId)
    return head && { name: toHex(device.classId), weight: Math.max(1, head.rateUnitsPerHour) }
  })
  return granted ?? { name: UNPROVED, weight: ACT_WEIGHT }
}

function sourceOf({ body }: Transaction): string {
  if ('deviceId' in body) return toHex(body.deviceId)
  if ('memberId' in body) return toHex(body.memberId)
  return 'vendorId' in body ? toHex(body.vendorId) : ''
}
