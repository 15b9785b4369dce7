/**
 * Region sets: where the nodes of a testnet stand, and how far apart.
 *
 * The order is chosen so that every beginning of it is a sensible spread: the first four of
 * `global` lie on three continents, the first five on four, the first ten on six.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'
import { oneWayMs, REGION_NAMES, type RegionName } from './latencies.ts'

/** The sets to choose from. `local` has the cities of `global` and no distance between them. */
export const REGION_SETS = ['global', 'europe', 'local'] as const

/** The name of a region set. */
export type RegionSet = (typeof REGION_SETS)[number]

/** Where each node of a testnet stands, and the distance between any two by their index. */
export interface RegionPlan {
  readonly set: RegionSet
  readonly regions: readonly RegionName[]
  readonly oneWayMs: (from: number, to: number) => number
}

const WORLD: readonly RegionName[] = [
  'stockholm',
  'virginia',
  'tokyo',
  'mumbai',
  'sao-paulo',
  'sydney',
  'california',
  'frankfurt',
  'singapore',
  'cape-town',
  'london',
  'bahrain'
]

// The table has three European regions. More nodes than that stand together in pairs, threes and
// so on, half a millisecond apart, which makes quorums of a European testnet a little nearer than
// those of six separate regions would be.
const EUROPE: readonly RegionName[] = ['stockholm', 'london', 'frankfurt']

/**
 * Places nodes into the regions of a set; when there are more nodes than regions, it begins anew.
 *
 * @param set       - which regions
 * @param nodeCount - members first, then observers
 */
export function planRegions(set: RegionSet, nodeCount: number): RegionPlan {
  const order = set === 'europe' ? EUROPE : WORLD
  const regions = Array.from(
    { length: nodeCount },
    (_, index) => order[index % order.length] as RegionName
  )
  return placeNodes(set, regions)
}

/** The plan of nodes that stand in these regions, wherever a set would place them. */
export function placeNodes(set: RegionSet, regions: readonly RegionName[]): RegionPlan {
  return { set, regions, oneWayMs: (from, to) => distanceMs({ set, regions }, from, to) }
}

/** Reads the name of a region set as a user typed it. */
export function parseRegionSet(text: string): RegionSet | undefined {
  return REGION_SETS.find((set) => set === text)
}

/** Reads the name of a region, as a file of an earlier run holds it. */
export function parseRegionName(text: string): RegionName | undefined {
  return REGION_NAMES.find((name) => name === text)
}

function distanceMs(plan: Omit<RegionPlan, 'oneWayMs'>, from: number, to: number): number {
  const [source, target] = [plan.regions[from], plan.regions[to]]
  invariant(source !== undefined && target !== undefined, 'both nodes are in the region plan')
  if (from === to || plan.set === 'local') return 0
  return oneWayMs(source, target)
}
