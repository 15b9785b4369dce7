/**
 * alert: one member's suspicion is an event; that of enough members and operators has an effect.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import { equalBytes, toHex } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import { quorumWeightOf } from '../../membership/electorate.ts'
import type { Alert } from '../../transactions/alert.ts'
import { effectiveProfile, readLivingDevice } from '../devices/device-standing.ts'
import { readGovernance, seatedMember, seatedWeight } from '../governance/trust.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { applied, refused } from '../outcome.ts'
import {
  ALERT_ENTRIES_MAX,
  type AlertEntry,
  type AlertsRecord,
  type AlertVoice,
  alerts,
  NO_ALERTS
} from '../records/alert-record.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import { classVersionKey, classVersions } from '../records/class-record.ts'
import {
  DEVICE_STATUS,
  type DeviceRecord,
  devices,
  QUARANTINE_REASONS
} from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { actingMember } from './member-account.ts'

/** The rules of suspicion S1 to S8, by their numbers, in the version that is in force. */
export const ALERT_RULES_MAX = 8
/** The version of the table of these rules. */
export const ALERT_RULES_VERSION = 1
const SEVERITY_MAX = 2

/** Counts a member's voice, then sees whether enough have spoken. */
export const alertRule: Rule<Alert> = (alert, transaction, context) => {
  const { state, timeMs, parameters } = context
  const member = actingMember(alert, transaction, { context })
  if ('outcome' in member) return member
  const device = readLivingDevice(state, alert.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const isKnown =
    alert.rule >= 1 && alert.rule <= ALERT_RULES_MAX && alert.ruleVersion === ALERT_RULES_VERSION
  if (!isKnown) return refused('RULE_UNKNOWN')
  const windowMs = parameters.alertWindowMs
  const presentMs = timeMs - (timeMs % windowMs)
  const isTimely = [presentMs, presentMs - windowMs].includes(alert.windowStartMs)
  if (!isTimely) return refused('ALERT_WINDOW_WRONG')
  const record = state.read(alerts, alert.deviceId) ?? NO_ALERTS
  const entries = addVoice(record.entries, alert)
  if (typeof entries === 'string') return refused(entries)
  state.write(members, alert.memberId, member)
  const dismissals = record.dismissals.filter(({ untilMs }) => untilMs > timeMs)
  const isDismissed = dismissals.some(({ rule }) => rule === alert.rule)
  const entry = entries.find((one) => isSameEntry(one, alert))
  invariant(entry !== undefined, 'the voice was added')
  const scene = { device, alert, evidenceId: transaction.id, context }
  const effect = isDismissed ? null : effectOf(entry, scene)
  const isHeld = effect !== null && effect.status !== device.status
  const quarantineRule = isHeld ? alert.rule : record.quarantineRule
  const next: AlertsRecord = { entries, dismissals, quarantineRule }
  state.write(alerts, alert.deviceId, next)
  if (effect !== null) state.write(devices, alert.deviceId, effect)
  return applied
}

/** The entries with one more voice; the eldest makes room for one of a later window. */
function addVoice(
  entries: readonly AlertEntry[],
  alert: Alert
): readonly AlertEntry[] | 'ALERT_REPEATED' | 'ALERTS_FULL' {
  const voice: AlertVoice = { memberId: alert.memberId, severity: alert.severity }
  const known = entries.find((entry) => isSameEntry(entry, alert))
  if (known !== undefined) {
    if (known.voices.some(({ memberId }) => equalBytes(memberId, alert.memberId)))
      return 'ALERT_REPEATED'
    const voices = [...known.voices, voice]
    return entries.map((entry) => (entry === known ? { ...entry, voices } : entry))
  }
  const { rule, ruleVersion, windowStartMs } = alert
  const [eldest] = entries
  const isFull = entries.length >= ALERT_ENTRIES_MAX
  if (isFull && (eldest === undefined || eldest.windowStartMs >= windowStartMs))
    return 'ALERTS_FULL'
  return [
    ...entries.slice(isFull ? 1 : 0),
    { rule, ruleVersion, windowStartMs, voices: [voice] }
  ].sort((a, b) => a.windowStartMs - b.windowStartMs || a.rule - b.rule)
}

function isSameEntry(entry: AlertEntry, alert: Alert): boolean {
  return (
    entry.rule === alert.rule &&
    entry.ruleVersion === alert.ruleVersion &&
    entry.windowStartMs === alert.windowStartMs
  )
}

/** The device once enough have spoken; null while they have not. */
function effectOf(
  { voices }: AlertEntry,
  {
    device,
    alert,
    evidenceId,
    context
  }: {
    readonly device: DeviceRecord
    readonly alert: Alert
    /** The alert that was the last straw. */
    readonly evidenceId: Uint8Array
    readonly context: RuleContext
  }
): DeviceRecord | null {
  const { state, timeMs, parameters } = context
  const totalWeight = seatedWeight(state)
  const seats = readGovernance(state).seats
  const operatorsMin = Math.min(2, operatorsOf(seats, state).size)
  const heard = voices.map(({ memberId }) => memberId)
  const isSuspect =
    weightOf(heard, state) >= Math.floor(totalWeight / 3) + 1 &&
    operatorsOf(heard, state).size >= operatorsMin
  if (!isSuspect) return null
  const suspect = { ...device, suspectUntilMs: timeMs + parameters.suspectMs }
  const severe = voices.filter(({ severity }) => severity === SEVERITY_MAX)
  const severeWeight = weightOf(
    severe.map(({ memberId }) => memberId),
    state
  )
  const isHeld =
    severeWeight >= quorumWeightOf(faultModelOf(state), totalWeight) &&
    device.status !== DEVICE_STATUS.quarantined &&
    isHeuristicQuarantineAllowed(device, alert.deviceId, state)
  if (!isHeld) return suspect
  const untilMs = timeMs + parameters.heuristicQuarantineMs
  const reason = QUARANTINE_REASONS.heuristic
  return {
    ...suspect,
    status: DEVICE_STATUS.quarantined,
    quarantine: { reason, untilMs, evidenceId }
  }
}

function faultModelOf(state: LedgerReader): 'byzantine' | 'crash' {
  return state.read(networkTable, NETWORK_KEY)?.faultModel === 1 ? 'crash' : 'byzantine'
}

function isHeuristicQuarantineAllowed(
  device: DeviceRecord,
  deviceId: Uint8Array,
  state: LedgerReader
): boolean {
  const key = classVersionKey(device.classId, device.classVersion)
  const classVersion = state.read(classVersions, key)
  invariant(classVersion !== undefined, 'a device of the ledger has a class version')
  return effectiveProfile(state, deviceId, classVersion).heuristicQuarantine === 1
}

function weightOf(memberIds: readonly Uint8Array[], state: LedgerReader): number {
  return memberIds.reduce((sum, id) => sum + (seatedMember(state, id)?.weight ?? 0), 0)
}

function operatorsOf(memberIds: readonly Uint8Array[], state: LedgerReader): ReadonlySet<string> {
  const operators = memberIds
    .map((id) => seatedMember(state, id)?.operatorId)
    .filter((id) => id !== undefined)
  return new Set(operators.map(toHex))
}
