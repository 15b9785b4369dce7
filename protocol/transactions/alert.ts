/**
 * alert: a member says that a device behaves as a stolen or broken one would.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'

/** An alert, field by field. */
export interface Alert extends MemberPrefix {
  readonly kind: 'alert'
  /** The number of a rule of suspicion. */
  readonly rule: number
  readonly ruleVersion: number
  readonly deviceId: Uint8Array
  readonly windowStartMs: number
  /** 0 to 2. */
  readonly severity: number
  /** Commitment to what the member saw. */
  readonly detailHash: Uint8Array
}

/** The wire number of the kind. */
export const ALERT_KIND = 67

const fields = tuple(
  ...memberPrefixShapes(ALERT_KIND),
  uint(255),
  uint(),
  bytes(32),
  uint(),
  uint(2),
  bytes(32)
)

/** Reads the body of an alert. */
export const readAlert: Shape<Alert> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, rule, ruleVersion, deviceId, windowStartMs] = read
  const [, , , , , , , severity, detailHash] = read
  return {
    kind: 'alert',
    memberId,
    memberSequence,
    rule,
    ruleVersion,
    deviceId,
    windowStartMs,
    severity,
    detailHash
  }
}

/** The body of an alert, ready to be signed. */
export function encodeAlert(act: Omit<Alert, 'kind'>): Uint8Array {
  return encodeCbor([
    ALERT_KIND,
    act.memberId,
    act.memberSequence,
    act.rule,
    act.ruleVersion,
    act.deviceId,
    act.windowStartMs,
    act.severity,
    act.detailHash
  ])
}
