/**
 * The projection of the map, the same where its land is drawn, at the build, and its members, in a page.
 *
 * @module
 */

import { type GeoProjection, geoNaturalEarth1 } from 'd3-geo'

/** The map's size in its own units. */
export const MAP_WIDTH = 960
/** See {@link MAP_WIDTH}. */
export const MAP_HEIGHT = 440

/** Antarctica has no members: the map ends above it. */
export const mapProjection: GeoProjection = geoNaturalEarth1()
  .scale(182)
  .translate([MAP_WIDTH / 2, 258])
  .clipExtent([
    [0, 0],
    [MAP_WIDTH, MAP_HEIGHT]
  ])
