/**
 * Founding: the keys, the genesis and the data folders of a new testnet.
 *
 * Made with the very functions behind `thingmoot keys`, `genesis` and `init`, only in one go. A
 * mark stands in the home while this is under way, so that an interrupted founding is begun anew
 * instead of being taken for a testnet.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { founderOf } from '../../node/cli/founder.ts'
import { createGenesisFile } from '../../node/cli/genesis.ts'
import { createMaker } from '../../node/cli/maker.ts'
import { createNodeKeys, type NewNodeKeys } from '../../node/node-keys.ts'
import {
  type Parameters,
  plainTrustPolicy,
  RATE_MAX_UNITS_PER_HOUR,
  type VendorGrant
} from '../../protocol/index.ts'
import { nameNodes } from '../cluster/node-names.ts'
import type { RegisteredNode } from '../cluster/registry.ts'
import { foundingMarkPath, genesisPath, makerFolder, nodeFolder } from '../home.ts'
import { REGION_NAMES, type RegionName } from '../regions/latencies.ts'
import { planRegions, type RegionSet } from '../regions/region-set.ts'
import { createNodeFolder } from './node-folder.ts'

/** What a testnet shall be. */
export interface TestnetShape {
  readonly members: number
  readonly observers: number
  readonly regionSet: RegionSet
  /** For makers beside the testnet's own. */
  readonly vendorGrants?: readonly VendorGrant[] | undefined
}

/** A node that was founded; it has no ports yet. */
export interface FoundedNode {
  readonly name: string
  readonly slug: string
  readonly index: number
  readonly region: RegionName
  readonly role: RegisteredNode['role']
  readonly dataFolder: string
}

/** The name of every testnet; two of them differ by their genesis. */
const NETWORK_ID = 'testnet'

const OPERATOR_ID_BYTES = 16
const COUNT_MAX = 2 ** 32 - 1
const FOLDER_MODE = 0o700

/** One machine plays all devices and all makers, so its budgets are those of a whole network. */
const RAISED: Partial<Parameters> = {
  vendorBurst: RATE_MAX_UNITS_PER_HOUR,
  vendorPerHour: RATE_MAX_UNITS_PER_HOUR,
  introductionsBurst: RATE_MAX_UNITS_PER_HOUR,
  introductionsPerHour: RATE_MAX_UNITS_PER_HOUR,
  memberBurst: RATE_MAX_UNITS_PER_HOUR,
  memberPerHour: RATE_MAX_UNITS_PER_HOUR
}

/** Makes everything that a testnet needs on disk before its nodes can run. */
export async function foundTestnet(
  home: string,
  shape: TestnetShape,
  timeMs: number
): Promise<readonly FoundedNode[]> {
  const { members, observers, regionSet } = shape
  mkdirSync(home, { recursive: true, mode: FOLDER_MODE })
  writeFileSync(foundingMarkPath(home), '', { mode: 0o600 })
  const { regions } = planRegions(regionSet, members + observers)
  const nodes = nameNodes(regions).map(
    ({ name, slug }, index): FoundedNode => ({
      name,
      slug,
      index,
      region: regions[index] as RegionName,
      role: index < members ? 'member' : 'observer',
      dataFolder: `${nodeFolder(home, slug)}/data`
    })
  )
  const keys = nodes.map(() => createNodeKeys())
  const { vendor } = await createMaker(makerFolder(home))
  const { genesis, genesisHash } = await createGenesisFile(genesisPath(home), {
    networkId: NETWORK_ID,
    founders: nodes
      .filter(({ role }) => role === 'member')
      .map(({ index, region }) =>
        founderOf(keys[index] as NewNodeKeys, {
          operatorId: new Uint8Array(randomBytes(OPERATOR_ID_BYTES)),
          region,
          weight: 1,
          endpoints: []
        })
      ),
    vendorGrants: [
      {
        vendorId: vendor.vendorId,
        birthCap: COUNT_MAX,
        claimsPerDay: COUNT_MAX,
        rateUnitsPerHour: RATE_MAX_UNITS_PER_HOUR
      },
      ...(shape.vendorGrants ?? [])
    ],
    parameters: RAISED,
    faultModel: 'byzantine',
    trust: plainTrustPolicy('open-vote'),
    timeMs,
    // Whoever joins later may stand anywhere.
    regions: REGION_NAMES
  })
  for (const { slug, index, dataFolder } of nodes) {
    const own = keys[index] as NewNodeKeys
    mkdirSync(nodeFolder(home, slug), { recursive: true, mode: FOLDER_MODE })
    await createNodeFolder(dataFolder, { keys: own, networkId: genesis.networkId, genesisHash })
  }
  return nodes
}

/** Says that a founding is complete, once the registry names its nodes. */
export function endFounding(home: string): void {
  rmSync(foundingMarkPath(home), { force: true })
}
