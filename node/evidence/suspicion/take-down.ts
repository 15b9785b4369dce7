/**
 * Taking down: what one message that is final adds to the facts about its device.
 *
 * @module
 */

import {
  classVersionKey,
  classVersions,
  type DeviceMessage,
  devices,
  isCounting,
  type LedgerReader,
  type Outcome,
  ownerships,
  type Profile,
  tightenProfile,
  toHex
} from '../../../protocol/index.ts'
import type { DeviceFacts, LastWord, WindowFacts } from './device-facts.ts'
import { isStale } from './old-anchors.ts'
import { isOvertaken } from './overtaken.ts'
import { isLeap } from './place-and-time.ts'
import { isReturn } from './two-sessions.ts'

/** Codes of void messages for what they say. */
const MALFORMED: readonly string[] = ['CONTENT_MALFORMED', 'KIND_NOT_ALLOWED']
/** Codes of messages that are too large, or too many. */
const EXCESSIVE: readonly string[] = ['CONTENT_TOO_LARGE', 'QUOTA_EMPTY']
/** Witnesses that are told apart in one window. */
const WITNESSES_MAX = 4

/** A message at its place. */
export interface Heard {
  readonly message: DeviceMessage
  readonly outcome: Outcome
  readonly sizeBytes: number
  /** The member whose batch carried it, in hexadecimal, and its region. */
  readonly carrier: string
  readonly region: string
  /** Of the block that holds it. */
  readonly timeMs: number
  readonly height: number
}

/** Takes one message down. */
export function takeDown(facts: DeviceFacts, heard: Heard, view: LedgerReader): void {
  const { present } = facts
  const { message, outcome, sizeBytes, region, carrier, timeMs, height } = heard
  const { anchorHeight, incarnation, sequence } = message
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
  takeCarrierDown(present, last, heard)
  const highest = last?.anchorHeight ?? 0
  const kept = isFalse ? highest : Math.max(highest, anchorHeight)
  const spoken = { timeMs, region, anchorHeight: kept, incarnation, sequence, height, carrier }
  facts.last = { ...spoken, ...carrierBefore(last, carrier) }
}

/** Takes down what a neighbour has heard a device show as its newest message. */
export function takeWitnessDown(
  { last, present }: DeviceFacts,
  { deviceId, anchorHeight }: DeviceMessage,
  { incarnation, sequence }: DeviceMessage
): void {
  if (last === null || !isOvertaken(last, { incarnation, sequence, anchorHeight })) return
  const witness = toHex(deviceId)
  if (present.witnesses.length >= WITNESSES_MAX || present.witnesses.includes(witness)) return
  present.witnesses = [...present.witnesses, witness]
}

/** The profile in force: the class version's, tightened by the owner. */
export function profileOf(deviceId: Uint8Array, view: LedgerReader): Profile | undefined {
  const device = view.read(devices, deviceId)
  if (device === undefined) return undefined
  const key = classVersionKey(device.classId, device.classVersion)
  const profile = view.read(classVersions, key)?.profile
  const overlay = view.read(ownerships, deviceId)?.overlay ?? null
  if (profile === undefined || overlay === null) return profile
  return tightenProfile(profile, overlay) ?? profile
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

/** Through whom it speaks in this window, and whether it goes back and forth. */
function takeCarrierDown(
  present: WindowFacts,
  last: LastWord | null,
  { carrier, timeMs }: Heard
): void {
  present.carrier ??= carrier
  present.carriers = present.carrier === carrier && present.carriers < 2 ? 1 : 2
  if (last !== null && isReturn(last, carrier, timeMs)) present.returns++
}

function carrierBefore(
  last: LastWord | null,
  carrier: string
): Pick<LastWord, 'carrierBefore' | 'leftAtMs'> {
  if (last === null) return { carrierBefore: null, leftAtMs: 0 }
  if (last.carrier !== carrier) return { carrierBefore: last.carrier, leftAtMs: last.timeMs }
  return { carrierBefore: last.carrierBefore, leftAtMs: last.leftAtMs }
}
