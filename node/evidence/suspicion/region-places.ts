/**
 * Places of regions: where on the globe those lie that many networks name alike.
 *
 * The ledger knows regions by name alone. What is not in this table lies nowhere,
 * and no distance is told of it.
 *
 * @module
 */

/** Latitude and longitude in degrees. */
export type Place = readonly [number, number]

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['amsterdam', [52.37, 4.9]],
  ['bahrain', [26.07, 50.55]],
  ['california', [37.35, -121.96]],
  ['cape-town', [-33.93, 18.42]],
  ['dublin', [53.35, -6.26]],
  ['frankfurt', [50.11, 8.68]],
  ['hong-kong', [22.32, 114.17]],
  ['london', [51.51, -0.13]],
  ['milan', [45.46, 9.19]],
  ['montreal', [45.5, -73.57]],
  ['mumbai', [19.08, 72.88]],
  ['new-york', [40.71, -74.01]],
  ['ohio', [39.96, -83]],
  ['oregon', [45.84, -119.7]],
  ['osaka', [34.69, 135.5]],
  ['paris', [48.86, 2.35]],
  ['sao-paulo', [-23.55, -46.63]],
  ['seoul', [37.57, 126.98]],
  ['singapore', [1.35, 103.82]],
  ['stockholm', [59.33, 18.07]],
  ['sydney', [-33.87, 151.21]],
  ['tokyo', [35.68, 139.77]],
  ['virginia', [38.9, -77.4]],
  ['warsaw', [52.23, 21.01]],
  ['zurich', [47.37, 8.54]]
])

const EARTH_RADIUS_METRES = 6_371_000

/** Where a region lies; undefined for one that lies nowhere. */
export function placeOf(region: string): Place | undefined {
  return PLACES.get(region)
}

/** The way over the globe between two regions; undefined when either lies nowhere. */
export function metresBetween(a: string, b: string): number | undefined {
  if (a === b) return 0
  const [from, to] = [PLACES.get(a), PLACES.get(b)]
  if (from === undefined || to === undefined) return undefined
  const [latitudeA, longitudeA] = from.map(radians) as [number, number]
  const [latitudeB, longitudeB] = to.map(radians) as [number, number]
  // the haversine formula, which keeps its precision for short ways
  const half =
    Math.sin((latitudeB - latitudeA) / 2) ** 2 +
    Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin((longitudeB - longitudeA) / 2) ** 2
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(Math.min(1, half)))
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
