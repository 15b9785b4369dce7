/**
 * Owner acts: what an owner may order, and the bodies that its one-time keys sign.
 *
 * An order says what shall be; sequence and keys are the wallet's business.
 *
 * @see ../protocol/SPEC.md §5.7 The acts
 * @module
 */

import {
  type Body,
  type ControllerTerm,
  compareBytes,
  decodeCbor,
  encodeAlertAck,
  encodeControllersSet,
  encodeGrant,
  encodeGuardiansSet,
  encodePlainOwnerAct,
  encodeProfileSet,
  encodeQuarantine,
  encodeRecover,
  encodeRemediate,
  encodeRetire,
  encodeRotate,
  encodeTransferOffer,
  type Grant,
  kindByName,
  kindByNumber,
  type OwnerAct,
  type OwnerPrefix
} from '../protocol/index.ts'

type OrderOf<Act> = Act extends OwnerPrefix ? Omit<Act, keyof OwnerPrefix> : never

/** An act without what the wallet adds to it: whose it is, its place, its keys. */
export type OwnerOrder = OrderOf<Exclude<OwnerAct, { readonly kind: 'firmware-consent' }>>

/** The name of an owner's act. */
export type OwnerOrderKind = OwnerOrder['kind']

/** The body of an act, ready to be signed. */
export function encodeOwnerAct(order: OwnerOrder, prefix: OwnerPrefix): Uint8Array {
  switch (order.kind) {
    case 'grant':
      return encodeGrant({ ...order, ...prefix })
    case 'controllers-set':
      return encodeControllersSet({ ...order, ...prefix })
    case 'profile-set':
      return encodeProfileSet({ ...order, ...prefix })
    case 'guardians-set':
      return encodeGuardiansSet({ ...order, ...prefix })
    case 'transfer-offer':
      return encodeTransferOffer({ ...order, ...prefix })
    case 'quarantine':
      return encodeQuarantine({ ...order, ...prefix })
    case 'rotate':
      return encodeRotate({ ...order, ...prefix })
    case 'recover':
      return encodeRecover({ ...order, ...prefix })
    case 'retire':
      return encodeRetire({ ...order, ...prefix })
    case 'alert-ack':
      return encodeAlertAck({ ...order, ...prefix })
    case 'remediate':
      return encodeRemediate({ ...order, ...prefix })
    case 'transfer-cancel':
    case 'lost':
    case 'found':
    case 'recovery-cancel':
      return encodePlainOwnerAct(order.kind, prefix)
  }
}

/** The wire number of an act. */
export function ownerKindNumber(kind: OwnerOrderKind): number {
  return kindByName(kind).number
}

/**
 * A grant as the ledger takes it: its readers in the order of their ids.
 *
 * @param sealed - what sealing made: the epoch, the commitment to its key, and the wraps
 */
export function grantOrder(
  sealed: Omit<Grant, 'kind' | keyof OwnerPrefix>
): Extract<OwnerOrder, { kind: 'grant' }> {
  const readers = sealed.readers.toSorted((a, b) => compareBytes(a.readerId, b.readerId))
  return { kind: 'grant', ...sealed, readers }
}

/** Controllers as the ledger takes them: in the order of their keys. */
export function controllersOrder(
  terms: readonly ControllerTerm[]
): Extract<OwnerOrder, { kind: 'controllers-set' }> {
  const controllers = terms.toSorted((a, b) => compareBytes(a.controllerKey, b.controllerKey))
  return { kind: 'controllers-set', controllers }
}

/**
 * What a body says, for those who are asked to sign beneath it.
 *
 * @param signedBody - untrusted
 */
export function readBody(signedBody: Uint8Array): Body | undefined {
  const fields = decodeCbor(signedBody)
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return undefined
  return kindByNumber(fields[0])?.read(fields)
}
