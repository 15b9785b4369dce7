/**
 * The audit of epochs: each ends with a seal, and the seal names the members of the next.
 *
 * @module
 */

import { type Block, equalBytes } from '../../protocol/index.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import type { Auditing } from './ledger-audit.ts'

/** Judges that a block is of the epoch that the block below leads to. */
export function judgeEpoch(
  { header }: Block,
  parent: Block | undefined,
  { fault }: Pick<Auditing, 'fault'>
): void {
  if (parent === undefined) return
  const { epoch, seal } = parent.header
  if (header.epoch !== (seal === null ? epoch : epoch + 1))
    fault(`block ${header.height}: is of epoch ${header.epoch}, which does not follow`, false)
}

/** Judges that a sealing block is final by itself, and names the electorate that the state holds. */
export function judgeSealing(
  { block, finalisation }: StoredBlock,
  { electorateOf, fault }: Pick<Auditing, 'electorateOf' | 'fault'>
): void {
  const { height, epoch, seal } = block.header
  if (seal === null) return
  if (finalisation === null) fault(`block ${height}: is a seal without its finalisation`, false)
  const next = electorateOf(epoch + 1)
  // a value that is gone is mended from peers like any other
  if (next === undefined)
    fault(`block ${height}: seals epoch ${epoch}, but the next has no electorate`, true)
  else if (!equalBytes(next.hash, seal))
    fault(`block ${height}: seals another electorate than that of epoch ${epoch + 1}`, false)
}
