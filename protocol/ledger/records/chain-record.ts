/**
 * recent-blocks/<n> and network/: the anchors, and what the whole network agreed on.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, list, nullable, type Shape, text, tuple, uint } from '../../codec/shape.ts'
import { uint64 } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import {
  readTrustPolicy,
  type TrustPolicy,
  trustPolicyToFields
} from '../../transactions/trust-policy.ts'
import { PARAMETERS, type Parameters } from '../parameters.ts'
import { createTable, type Table } from '../table.ts'

/** One entry of the ring of recent blocks. */
export interface RecentBlock {
  readonly height: number
  readonly blockId: Uint8Array
  readonly timeMs: number
  /** How long the network had been awake: its silences count for two heartbeats at most. */
  readonly awakeMs: number
}

const recentFields = tuple(uint(), bytes(32), uint(), uint())

const readRecentBlock: Shape<RecentBlock> = (value) => {
  const read = recentFields(value)
  if (read === undefined) return undefined
  return { height: read[0], blockId: read[1], timeMs: read[2], awakeMs: read[3] }
}

/** The ring of recent blocks, keyed by {@link recentBlockKey}. */
export const recentBlocks: Table<RecentBlock> = createTable({
  number: 17,
  name: 'recent-blocks',
  read: readRecentBlock,
  toFields: ({ height, blockId, timeMs, awakeMs }) => [height, blockId, timeMs, awakeMs]
})

/** The place of a height in the ring: the height modulo the ring's size, in eight bytes. */
export function recentBlockKey(height: number, anchorWindowBlocks: number): Uint8Array {
  return uint64(height % anchorWindowBlocks)
}

/** What holds for the whole network: models, parameters, regions. */
export interface NetworkRecord {
  /** 0 byzantine, 1 crash. */
  readonly faultModel: number
  /** What it takes to be seated. */
  readonly trust: TrustPolicy
  /** What it takes to be granted a maker's share. */
  readonly vendorTrust: TrustPolicy
  readonly parameters: Parameters
  readonly regions: readonly string[]
  readonly protocolVersion: number
  /** The rules that come into force at a height; null when none are agreed on. */
  readonly upgrade: Upgrade | null
}

/** Rules agreed on, and the height from which on they hold. */
export interface Upgrade {
  readonly protocolVersion: number
  readonly activationHeight: number
}

const upgradeFields = tuple(uint(), uint())
const readUpgrade: Shape<Upgrade> = (value) => {
  const read = upgradeFields(value)
  return read && { protocolVersion: read[0], activationHeight: read[1] }
}

const networkFields = tuple(
  uint(1),
  readTrustPolicy,
  readTrustPolicy,
  list(uint(), 256),
  list(text(64), 64),
  uint(),
  nullable(readUpgrade)
)

const readNetwork: Shape<NetworkRecord> = (value) => {
  const read = networkFields(value)
  if (read === undefined || read[3].length !== PARAMETERS.length) return undefined
  return {
    faultModel: read[0],
    trust: read[1],
    vendorTrust: read[2],
    parameters: parametersFromList(read[3]),
    regions: read[4],
    protocolVersion: read[5],
    upgrade: read[6]
  }
}

/** The table with the one record of the network, keyed by {@link NETWORK_KEY}. */
export const networkTable: Table<NetworkRecord> = createTable({
  number: 18,
  name: 'network',
  read: readNetwork,
  toFields: (record) => [
    record.faultModel,
    trustPolicyToFields(record.trust),
    trustPolicyToFields(record.vendorTrust),
    parametersToList(record.parameters),
    record.regions,
    record.protocolVersion,
    record.upgrade && [record.upgrade.protocolVersion, record.upgrade.activationHeight]
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
