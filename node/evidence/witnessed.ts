/**
 * Witnessed messages: what a neighbour has heard a device say, and put on the ledger.
 *
 * @module
 */

import { bytes, bytesBetween, decodeCbor, type Transaction, tuple } from '../../protocol/index.ts'
import { readStray, type Stray } from './stray.ts'

const WITNESS_KIND = 6
const BODY_MAX_BYTES = 512

const content = tuple(bytesBetween(1, BODY_MAX_BYTES), bytes(64))

/** The message that a witness shows; undefined for everything that is no witness. */
export function witnessedIn(
  { body, attachment }: Transaction,
  networkTag: Uint8Array
): Stray | undefined {
  if (body.kind !== 'device-message' || body.contentKind !== WITNESS_KIND) return undefined
  const read = content(decodeCbor(attachment ?? new Uint8Array(0)))
  const stray = read && readStray(networkTag, ...read)
  return stray?.body.kind === 'device-message' ? stray : undefined
}
