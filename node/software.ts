/**
 * The software of this node, as it says of itself on the ledger.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { contentHash } from '../protocol/index.ts'

const PACKAGE_FILE = new URL('../../package.json', import.meta.url)

/** The version of this program. */
export function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }
  return version
}

/** Names the version for others to count; it proves nothing about what really runs. */
export function ownSoftwareHash(): Uint8Array {
  return contentHash(new TextEncoder().encode(`thingmoot/${ownVersion()}`))
}
