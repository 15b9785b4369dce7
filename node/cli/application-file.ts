/**
 * application.json in the data directory: what this node says of itself when it asks for a seat.
 *
 * The hash of the recovery key stands in it, because that key is to be taken away from the machine
 * before anybody votes.
 *
 * @module
 */

import { join } from 'node:path'
import * as z from 'zod'
import { NodeError } from '../errors.ts'
import { readOptionalText, trouble, writeNewFile } from './files.ts'

/** An application but for its keys and signatures. */
export interface ApplicationFile {
  readonly region: string
  readonly endpoints: readonly string[]
  /** Lower-case hexadecimal, as all bytes here. */
  readonly operatorId: string
  readonly recoveryKeyHash: string
  /** Certificates in DER. */
  readonly proofs: readonly string[]
}

const FILE_NAME = 'application.json'
const FILE_CHARACTERS_MAX = 65_536

const hex = (length: number): z.ZodType<string> =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`), `is not ${length} bytes in hexadecimal`)

const shape: z.ZodType<ApplicationFile> = z.strictObject({
  region: z.string().max(64),
  endpoints: z.array(z.string().max(128)).max(4),
  operatorId: hex(16),
  recoveryKeyHash: hex(32),
  proofs: z
    .array(z.string().regex(/^([0-9a-f]{2}){1,2048}$/, 'is no certificate in hexadecimal'))
    .max(4)
})

/** Where it lies. */
function applicationPath(dataDirectory: string): string {
  return join(dataDirectory, FILE_NAME)
}

/**
 * Writes it; one that exists is not overwritten.
 *
 * @throws NodeError FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export async function writeApplicationFile(
  dataDirectory: string,
  application: ApplicationFile
): Promise<void> {
  const content = `${JSON.stringify(application, undefined, 2)}\n`
  await writeNewFile({ path: applicationPath(dataDirectory), content })
}

/**
 * Reads it; undefined when there is none.
 *
 * @throws NodeError CONFIGURATION_WRONG
 */
export async function readApplicationFile(
  dataDirectory: string
): Promise<ApplicationFile | undefined> {
  const path = applicationPath(dataDirectory)
  const text = await readOptionalText(path)
  if (text === undefined) return undefined
  const read = shape.safeParse(parseJson(text.slice(0, FILE_CHARACTERS_MAX), path))
  if (read.success) return read.data
  const issue = read.error.issues[0]
  const place = issue?.path.join('.') ?? ''
  throw new NodeError('CONFIGURATION_WRONG', `${path}: ${place} ${issue?.message ?? 'is wrong'}`)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw trouble('CONFIGURATION_WRONG', `${path}: is no JSON`, error)
  }
}
