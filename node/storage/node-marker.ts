/**
 * The marker `node.json`: says whose a data directory is, outside of its databases.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { NodeError } from '../errors.ts'
import { type DatabaseIdentity, schemaUnknown } from './database-identity.ts'
import { hasErrno, readFailure } from './disk-errors.ts'
import { writeFileDurably } from './durable-file.ts'

/** Whose data directory it is. */
export interface NodeMarker extends DatabaseIdentity {
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
  readonly keyFingerprint: string
}

/** What the configuration expects of a data directory. */
export type ExpectedOwner = Pick<NodeMarker, 'networkId' | 'genesisHash' | 'keyFingerprint'>

/** The schema of the data that this program reads and writes. */
export const SCHEMA_VERSION = 1

const markerShape = z.strictObject({
  uuid: z.uuid(),
  networkId: z.string().min(1),
  genesisHash: z.string().regex(/^[0-9a-f]{64}$/),
  schemaVersion: z.literal(SCHEMA_VERSION),
  keyFingerprint: z.string().min(1)
})
const versionShape = z.object({ schemaVersion: z.int() })

/** Writes the marker, the last step of making a data directory. */
export function writeMarker(path: string, marker: NodeMarker): Promise<void> {
  const content = `${JSON.stringify(marker, undefined, 2)}\n`
  return writeFileDurably({ path, content, mode: 0o644 })
}

/**
 * Reads the marker; undefined when there is none.
 *
 * @throws NodeError STORAGE_DAMAGED or STORAGE_FORMAT_UNKNOWN
 */
export async function readMarker(path: string): Promise<NodeMarker | undefined> {
  const content = await readFile(path, 'utf8').catch((error) => {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw readFailure(path, error)
  })
  if (content === undefined) return undefined
  const value = parse(content)
  // a newer program may have other fields: its schema is what to name
  const version = versionShape.safeParse(value).data?.schemaVersion
  if (version !== undefined && version !== SCHEMA_VERSION)
    throw schemaUnknown(path, version, SCHEMA_VERSION)
  const marker = markerShape.safeParse(value)
  if (marker.success) return marker.data
  const field = marker.error.issues[0]?.path.join('.') || 'the whole'
  throw new NodeError('STORAGE_DAMAGED', `${path}: ${field} is not as it was written`, {
    cause: marker.error
  })
}

/**
 * Accepts a marker that fits the configuration.
 *
 * @throws NodeError GENESIS_WRONG or KEY_FILE_WRONG naming the file
 */
export function checkOwner(path: string, marker: NodeMarker, expected: ExpectedOwner): void {
  for (const field of ['networkId', 'genesisHash'] as const)
    if (marker[field] !== expected[field])
      throw new NodeError(
        'GENESIS_WRONG',
        `${path}: ${field} is ${marker[field]}, the configuration has ${expected[field]}`
      )
  if (marker.keyFingerprint !== expected.keyFingerprint)
    throw new NodeError(
      'KEY_FILE_WRONG',
      `${path}: the data belongs to key ${marker.keyFingerprint}, the key file holds ${expected.keyFingerprint}`
    )
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    // not JSON: no shape takes undefined, and the reader names the file
    return undefined
  }
}
