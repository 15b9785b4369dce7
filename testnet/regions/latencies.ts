/**
 * Regions of the world and how long a message travels between them.
 *
 * The figures are median round-trip times between AWS regions in milliseconds, rounded, as
 * collected for the latency estimator of commonwarexyz/monorepo (examples/estimator) and read in
 * August 2026. The one-way delay is half the round trip. They are data, not a setting: a measured
 * latency means something only beside the floor computed from the same figures.
 *
 * @module
 */

/** Where a node may stand, in the order of the table's columns. */
export const REGION_NAMES = [
  'stockholm',
  'london',
  'frankfurt',
  'virginia',
  'california',
  'sao-paulo',
  'cape-town',
  'bahrain',
  'mumbai',
  'singapore',
  'tokyo',
  'sydney'
] as const

/** The name of a region, lower case and without accents. */
export type RegionName = (typeof REGION_NAMES)[number]

/** A region as people see it on a list or a map. */
export interface Region {
  readonly city: string
  readonly latitude: number
  readonly longitude: number
}

/** Every region with the name of its place and where it lies, in degrees. */
export const REGIONS: Readonly<Record<RegionName, Region>> = {
  stockholm: { city: 'Stockholm', latitude: 59.33, longitude: 18.07 },
  london: { city: 'London', latitude: 51.51, longitude: -0.13 },
  frankfurt: { city: 'Frankfurt', latitude: 50.11, longitude: 8.68 },
  virginia: { city: 'Virginia', latitude: 38.9, longitude: -77.4 },
  california: { city: 'California', latitude: 37.35, longitude: -121.96 },
  'sao-paulo': { city: 'São Paulo', latitude: -23.55, longitude: -46.63 },
  'cape-town': { city: 'Cape Town', latitude: -33.93, longitude: 18.42 },
  bahrain: { city: 'Bahrain', latitude: 26.07, longitude: 50.55 },
  mumbai: { city: 'Mumbai', latitude: 19.08, longitude: 72.88 },
  singapore: { city: 'Singapore', latitude: 1.35, longitude: 103.82 },
  tokyo: { city: 'Tokyo', latitude: 35.68, longitude: 139.77 },
  sydney: { city: 'Sydney', latitude: -33.87, longitude: 151.21 }
}

const ROUND_TRIP_MS: Readonly<Record<RegionName, readonly number[]>> = {
  stockholm: [1, 31, 23, 112, 172, 223, 174, 105, 149, 180, 247, 271],
  london: [32, 1, 18, 78, 148, 187, 151, 89, 118, 170, 213, 266],
  frankfurt: [23, 18, 1, 93, 153, 204, 156, 86, 129, 160, 227, 251],
  virginia: [113, 78, 93, 1, 64, 115, 228, 162, 193, 220, 150, 200],
  california: [173, 148, 153, 64, 1, 175, 288, 221, 232, 170, 108, 139],
  'sao-paulo': [223, 187, 205, 115, 175, 1, 339, 273, 302, 328, 259, 312],
  'cape-town': [174, 150, 155, 226, 286, 337, 1, 247, 272, 314, 357, 409],
  bahrain: [106, 89, 87, 162, 222, 273, 251, 1, 39, 99, 176, 189],
  mumbai: [148, 117, 129, 190, 232, 301, 274, 38, 1, 64, 133, 155],
  singapore: [181, 170, 161, 219, 171, 328, 317, 98, 64, 1, 71, 95],
  tokyo: [247, 213, 228, 150, 109, 258, 358, 175, 134, 71, 1, 107],
  sydney: [272, 266, 252, 200, 139, 312, 409, 189, 155, 95, 106, 1]
}

/** How long one message travels from one region to another; within a region half a millisecond. */
export function oneWayMs(from: RegionName, to: RegionName): number {
  return (ROUND_TRIP_MS[from][REGION_NAMES.indexOf(to)] as number) / 2
}
