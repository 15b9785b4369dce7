/**
 * alert-ack: an owner dismisses the members' suspicion of a device, or confirms it.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** An alert-ack, field by field. */
export interface AlertAck extends OwnerPrefix {
  readonly kind: 'alert-ack'
  readonly rule: number
  /** 0 dismiss, 1 confirm. */
  readonly verdict: number
}

/** The wire number of the kind. */
export const ALERT_ACK_KIND = 22

const fields = tuple(...ownerPrefixShapes(ALERT_ACK_KIND), uint(255), uint(1))

/** Reads the body of an alert-ack. */
export const readAlertAck: Shape<AlertAck> = (value) => {
  const read = fields(value)
  return read && { kind: 'alert-ack', ...ownerPrefixOf(read), rule: read[5], verdict: read[6] }
}

/** The body of an alert-ack, ready to be signed. */
export function encodeAlertAck(act: Omit<AlertAck, 'kind'>): Uint8Array {
  return encodeCbor([...ownerPrefixToFields(ALERT_ACK_KIND, act), act.rule, act.verdict])
}
