/**
 * The electorate in force, as the state has it.
 *
 * @see SPEC.md §7.3 Epochs
 * @module
 */

import { invariant } from '../../foundation/invariant.ts'
import { decodeElectorate, type Electorate } from '../../membership/electorate.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { electorates, epochKey } from '../records/governance-record.ts'
import { readGovernance } from './trust.ts'

/** The electorate for the blocks after the one whose state this is. */
export function electorateInForce(state: LedgerReader): Electorate {
  const { epoch } = readGovernance(state)
  const electorate = electorateOfEpoch(state, epoch)
  invariant(electorate !== undefined, 'the state holds the electorate in force')
  return electorate
}

/** The electorate of an epoch that was or is in force; undefined for one to come. */
export function electorateOfEpoch(state: LedgerReader, epoch: number): Electorate | undefined {
  const record = state.read(electorates, epochKey(epoch))
  return record && decodeElectorate(record.electorateBytes)
}
