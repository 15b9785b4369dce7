/**
 * recent-blocks/<n> and network/: the anchors, and what the whole network agreed on.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, list, type Shape, text, tuple, uint } from '../../codec/shape.ts'
import { uint64 } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import { PARAMETERS, type Parameters } from '../parameters.ts'
import { createTable, type Table } from '../table.ts'

/** One entry of the ring of recent blocks. */
export interface RecentBlock {
  readonly height: number
  readonly blockId: Uint8Array
  readonly timeMs: number
}

const recentFields = tuple(uint(), bytes(32), uint())

const readRecentBlock: Shape<RecentBlock> = (value) => {
  const read = recentFields(value)
  if (read === undefined) return undefined
  return { height: read[0], blockId: read[1], timeMs: read[2] }
}

/** The ring of recent blocks, keyed by {@link recentBlockKey}. */
export const recentBlocks: Table<RecentBlock> = createTable({
  number: 17,
  name: 'recent-blocks',
  read: readRecentBlock,
  toFields: ({ height, blockId, timeMs }) => [height, blockId, timeMs]
})

/** The place of a height in the ring: the height modulo the ring's size, in eight bytes. */
export function recentBlockKey(height: number, anchorWindowBlocks: number): Uint8Array {
  return uint64(height % anchorWindowBlocks)
}

/** What holds for the whole network: models, parameters, regions. */
export interface NetworkRecord {
  /** 0 byzantine, 1 crash. */
  readonly faultModel: number
  /** 0 open-vote, 1 vouch, 2 anchored, 3 hybrid. */
  readonly trustModel: number
  readonly parameters: Parameters
  readonly regions: readonly string[]
  readonly protocolVersion: number
}

const networkFields = tuple(uint(1), uint(3), list(uint(), 256), list(text(64), 64), uint())

const readNetwork: Shape<NetworkRecord> = (value) => {
  const read = networkFields(value)
  if (read === undefined || read[2].length !== PARAMETERS.length) return undefined
  return {
    faultModel: read[0],
    trustModel: read[1],
    parameters: parametersFromList(read[2]),
    regions: read[3],
    protocolVersion: read[4]
  }
}

/** The table with the one record of the network, keyed by {@link NETWORK_KEY}. */
export const networkTable: Table<NetworkRecord> = createTable({
  number: 18,
  name: 'network',
  read: readNetwork,
  toFields: (record) => [
    record.faultModel,
    record.trustModel,
    parametersToList(record.parameters),
    record.regions,
    record.protocolVersion
  ]
})

/** The key of the only record of its table. */
export const NETWORK_KEY: Uint8Array = new Uint8Array(0)

/** The values of all parameters, in the order of the table. */
export function parametersToList(parameters: Parameters): readonly number[] {
  return PARAMETERS.map(({ name }) => parameters[name])
}

/** Parameters from their values in the order of the table. */
function parametersFromList(values: readonly number[]): Parameters {
  invariant(values.length === PARAMETERS.length, 'there is one value for each parameter')
  return Object.fromEntries(
    PARAMETERS.map(({ name }, index) => [name, values[index]])
  ) as Parameters
}
