/**
 * The identity record: which node, network and schema a database belongs to.
 *
 * @module
 */

import * as z from 'zod'
import { NodeError } from '../errors.ts'

/** Whose database it is. */
export interface DatabaseIdentity {
  readonly uuid: string
  readonly networkId: string
  readonly schemaVersion: number
}

const identityShape = z.object({
  uuid: z.string(),
  networkId: z.string(),
  schemaVersion: z.number()
})

/** The record's payload. */
export function encodeIdentity(identity: DatabaseIdentity): Uint8Array {
  const { uuid, networkId, schemaVersion } = identity
  return Buffer.from(JSON.stringify({ uuid, networkId, schemaVersion }))
}

/**
 * Accepts a database that is the expected one.
 *
 * @param path     - the database's folder, for the message
 * @param expected - what the data directory's marker says
 * @param payload  - the record found, if any
 * @throws NodeError STORAGE_DAMAGED or STORAGE_FORMAT_UNKNOWN
 */
export function checkIdentity(
  path: string,
  expected: DatabaseIdentity,
  payload: Uint8Array | undefined
): void {
  const found = payload === undefined ? undefined : decodeIdentity(payload)
  if (found === undefined)
    throw new NodeError('STORAGE_DAMAGED', `${path}: the database has no identity record`)
  if (found.schemaVersion !== expected.schemaVersion)
    throw schemaUnknown(path, found.schemaVersion, expected.schemaVersion)
  for (const field of ['uuid', 'networkId'] as const)
    if (found[field] !== expected[field])
      throw new NodeError(
        'STORAGE_DAMAGED',
        `${path}: the database belongs to ${field} ${found[field]}, not ${expected[field]}`
      )
}

/** The error for data of another schema than this program's. */
export function schemaUnknown(path: string, found: unknown, known: number): NodeError {
  return new NodeError(
    'STORAGE_FORMAT_UNKNOWN',
    `${path}: the data has schema ${found}, this program knows schema ${known}`
  )
}

/** Reads the record's payload; undefined when it is none. */
export function decodeIdentity(payload: Uint8Array): DatabaseIdentity | undefined {
  try {
    return identityShape.safeParse(JSON.parse(Buffer.from(payload).toString())).data
  } catch {
    // not JSON: the caller says what is wrong with the folder
    return undefined
  }
}
