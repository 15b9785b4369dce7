/**
 * The software that runs here: its version, and the hash by which a member tells of it.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const PACKAGE_FILE = new URL('../../package.json', import.meta.url)

/** The version of the program. */
export function softwareVersion(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }
  return version
}

/** The hash of the program's name and version: 32 bytes. */
export function softwareHash(): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`thingmoot ${softwareVersion()}`).digest())
}
