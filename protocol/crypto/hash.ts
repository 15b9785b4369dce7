/**
 * Hashes: SHA-256, one domain tag per use.
 *
 * @module
 */
import { sha256 } from '#crypto'

/** t */
export function h(b: Uint8Array): Uint8Array { return sha256(b) }
