/**
 * Certificates of a real certificate authority, for tests of chains of trust.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { fromHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'

interface CertificateFile {
  readonly keys: Readonly<Record<string, string>>
  readonly certificates: Readonly<Record<string, string>>
}

const FILE = JSON.parse(
  readFileSync(new URL('../../../protocol/vectors/x509.json', import.meta.url), 'utf8')
) as CertificateFile

/** The DER of a certificate by its name. */
export function certificateNamed(name: string): Uint8Array {
  return bytesOf(FILE.certificates[name])
}

/** A public key by its name. */
export function certifiedKey(name: string): Uint8Array {
  return bytesOf(FILE.keys[name])
}

function bytesOf(hex: string | undefined): Uint8Array {
  const bytes = hex === undefined ? undefined : fromHex(hex)
  invariant(bytes !== undefined, 'the file of certificates has it')
  return bytes
}
