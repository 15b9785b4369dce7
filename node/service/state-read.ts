/**
 * Reading the state with a proof: value and path are of one version.
 *
 * While a block is being written the database holds its values a moment before it is the last one.
 * What that block leaves alone is read at once; the rest waits until it is written.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'
import type { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import type { Archive, StatePlace, StateReading } from './archive.ts'

/** What is read from. */
export interface StateReadPorts {
  readonly archive: Pick<Archive, 'readState'>
  readonly keeper: Pick<LedgerKeeper, 'tip' | 'betweenCommits'>
}

/** Reads one value, with its proof if asked for. */
export async function readState(
  place: StatePlace,
  withProof: boolean,
  { archive, keeper }: StateReadPorts
): Promise<StateReading> {
  const read = (): StateReading | undefined => archive.readState(keeper.tip, place, withProof)
  const reading = read() ?? (await keeper.betweenCommits(async () => read()))
  invariant(reading !== undefined, 'between commits database and memory say the same')
  return reading
}
