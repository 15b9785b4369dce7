/**
 * controllers-set: who may send a device commands, by the keys that sign them.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { key, list, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** One who may command, and until when. */
export interface ControllerTerm {
  readonly controllerKey: Uint8Array
  readonly notAfterMs: number
}

/** A controllers-set, field by field. */
export interface ControllersSet extends OwnerPrefix {
  readonly kind: 'controllers-set'
  /** In ascending order of their keys. */
  readonly controllers: readonly ControllerTerm[]
}

/** The wire number of the kind. */
export const CONTROLLERS_SET_KIND = 11
/** Most controllers of one device. */
export const CONTROLLERS_MAX = 8

const termFields = tuple(key, uint())

const readTerm: Shape<ControllerTerm> = (value) => {
  const read = termFields(value)
  return read && { controllerKey: read[0], notAfterMs: read[1] }
}

const fields = tuple(...ownerPrefixShapes(CONTROLLERS_SET_KIND), list(readTerm, CONTROLLERS_MAX))

/** Reads the body of a controllers-set. */
export const readControllersSet: Shape<ControllersSet> = (value) => {
  const read = fields(value)
  return read && { kind: 'controllers-set', ...ownerPrefixOf(read), controllers: read[5] }
}

/** The body of a controllers-set, ready to be signed. */
export function encodeControllersSet(act: Omit<ControllersSet, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(CONTROLLERS_SET_KIND, act),
    act.controllers.map(({ controllerKey, notAfterMs }) => [controllerKey, notAfterMs])
  ])
}
