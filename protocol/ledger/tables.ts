/**
 * All tables of the state by name, for whoever reads it from outside.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { alerts } from './records/alert-record.ts'
import { birthBatches } from './records/birth-batch-record.ts'
import { networkTable, recentBlocks } from './records/chain-record.ts'
import { classHeads, classVersions } from './records/class-record.ts'
import { controllers } from './records/controller-record.ts'
import { devices } from './records/device-record.ts'
import { disputes } from './records/dispute-record.ts'
import { electorates, governanceTable, tombstones, voteKeys } from './records/governance-record.ts'
import { members } from './records/member-record.ts'
import { applications, motions } from './records/motion-record.ts'
import { ownerships } from './records/ownership-record.ts'
import { readers } from './records/reader-record.ts'
import { vendors } from './records/vendor-record.ts'
import type { Table } from './table.ts'

const ALL: readonly Table<never>[] = [
  devices,
  ownerships,
  readers,
  controllers,
  disputes,
  alerts,
  vendors,
  classHeads,
  classVersions,
  birthBatches,
  members,
  applications,
  motions,
  tombstones,
  recentBlocks,
  networkTable,
  governanceTable,
  electorates,
  voteKeys
] as unknown as readonly Table<never>[]

/** Every table by the name under which reads ask for it. */
export const TABLES: ReadonlyMap<string, Table<unknown>> = new Map(
  ALL.map((table) => [table.name, table as unknown as Table<unknown>])
)

/** A table by its name, or by its number in decimal digits. */
export function findTable(nameOrNumber: string): Table<unknown> | undefined {
  const table = TABLES.get(nameOrNumber)
  if (table !== undefined) return table
  return [...TABLES.values()].find(({ number }) => String(number) === nameOrNumber)
}
