/**
 * Seals as the ledger holds them, for whoever follows the electorates from afar.
 *
 * @see SPEC.md §10.5 Seal proofs
 * @module
 */

import { electorates, epochKey, SEALS_MAX, type SealProof } from '../../protocol/index.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'

/** What seals are read from. */
export interface SealPorts {
  /** A final block; undefined when it is not here. */
  readonly block: (height: number) => StoredBlock | undefined
  /** The value under a key of a table in the committed state. */
  readonly readValue: (table: number, key: Uint8Array) => Uint8Array | undefined
}

/** What seals that are handed out at once weigh at most, unless the first alone is heavier. */
const SEALS_MAX_BYTES = 2 * 1024 * 1024
/** What a header and the fields around it add at most. */
const HEADER_BYTES = 600
const SIGNATURE_BYTES = 72

/**
 * Seals in the order of their epochs: the first is the one that ends `from`, and none is left out.
 *
 * They end before the first that is not here, and none is told when that is the first.
 */
export function readSeals(from: number, ports: SealPorts): readonly SealProof[] {
  const seals: SealProof[] = []
  let size = 0
  for (let epoch = from; seals.length < SEALS_MAX && Number.isSafeInteger(epoch + 1); epoch++) {
    const seal = readSeal(epoch, ports)
    if (seal === undefined) break
    size += sizeOf(seal)
    if (seals.length > 0 && size > SEALS_MAX_BYTES) break
    seals.push(seal)
  }
  return seals
}

/** The seal that ends an epoch; undefined when it is yet to come, or not here. */
function readSeal(epoch: number, { block, readValue }: SealPorts): SealProof | undefined {
  const value = readValue(electorates.number, epochKey(epoch + 1))
  if (value === undefined) return undefined
  const { electorateBytes, sinceHeight } = electorates.decode(value)
  const stored = block(sinceHeight)
  if (stored === undefined || stored.finalisation === null) return undefined
  const { headerBytes } = stored.block
  return { headerBytes, finalisation: stored.finalisation, electorateBytes }
}

function sizeOf({ finalisation, electorateBytes }: SealProof): number {
  return electorateBytes.length + HEADER_BYTES + SIGNATURE_BYTES * finalisation.signatures.length
}
