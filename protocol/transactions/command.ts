/**
 * command: a controller tells a device something that only the device can read.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, key, type Shape, tuple, uint } from '../codec/shape.ts'

/** A command, field by field; its transaction id is the command's. */
export interface Command {
  readonly kind: 'command'
  readonly deviceId: Uint8Array
  readonly incarnation: number
  readonly controllerKey: Uint8Array
  /** Greater than in any command of this key before. */
  readonly commandSequence: number
  readonly notAfterMs: number
  /** The encapsulated key of HPKE. */
  readonly enc: Uint8Array
  readonly sealed: Uint8Array
}

/** The wire number of the kind. */
export const COMMAND_KIND = 33
/** Largest sealed command. */
export const COMMAND_SEALED_MAX_BYTES = 2_048

const fields = tuple(
  uint(COMMAND_KIND, COMMAND_KIND),
  bytes(32),
  uint(),
  key,
  uint(),
  uint(),
  bytes(32),
  bytesBetween(0, COMMAND_SEALED_MAX_BYTES)
)

/** Reads the body of a command. */
export const readCommand: Shape<Command> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, deviceId, incarnation, controllerKey, commandSequence, notAfterMs, enc, sealed] = read
  return {
    kind: 'command',
    deviceId,
    incarnation,
    controllerKey,
    commandSequence,
    notAfterMs,
    enc,
    sealed
  }
}

/** The body of a command, ready to be signed. */
export function encodeCommand(act: Omit<Command, 'kind'>): Uint8Array {
  return encodeCbor([COMMAND_KIND, ...commandContext(act), act.enc, act.sealed])
}

/** What a sealed command is bound to, beside the network: positions 1 to 5. */
export function commandContext(
  act: Omit<Command, 'kind' | 'enc' | 'sealed'>
): readonly [Uint8Array, number, Uint8Array, number, number] {
  return [act.deviceId, act.incarnation, act.controllerKey, act.commandSequence, act.notAfterMs]
}
