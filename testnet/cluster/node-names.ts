/**
 * Node names: each node is called after the place where it stands.
 *
 * @module
 */

import { REGIONS, type RegionName } from '../regions/latencies.ts'

/** What a node is called. */
export interface NodeName {
  /** For people: `Cape Town`, `Stockholm 2`. */
  readonly name: string
  /** For folders, flags and logs: `cape-town`, `stockholm-2`. */
  readonly slug: string
}

/** Names the nodes of these regions in order; the second in a region gets a 2. */
export function nameNodes(regions: readonly RegionName[]): readonly NodeName[] {
  const seen = new Map<RegionName, number>()
  return regions.map((region) => {
    const count = (seen.get(region) ?? 0) + 1
    seen.set(region, count)
    const { city } = REGIONS[region]
    return count === 1
      ? { name: city, slug: region }
      : { name: `${city} ${count}`, slug: `${region}-${count}` }
  })
}

/** Whether a user means this node: case, accents, blanks and hyphens do not matter. */
export function isNodeNamed(node: NodeName, typed: string): boolean {
  return node.slug === slugOf(typed)
}

/** The name of a node as it stands in folders, flags and logs. */
export function slugOf(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '-')
}
