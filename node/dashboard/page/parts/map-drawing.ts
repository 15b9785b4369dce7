/**
 * The drawing of the map: links along great circles, and labels that keep off each other.
 *
 * @module
 */

import { geoPath } from 'd3-geo'
import { placeOf } from '../../../evidence/suspicion/region-places.ts'
import { MAP_WIDTH, mapProjection } from '../../map-projection.ts'
import type { Member } from '../feed/answers.ts'

/** A member on the map. */
export interface Spot {
  readonly member: Member
  readonly place: readonly [number, number]
  readonly x: number
  readonly y: number
  readonly labelY: number
  /** Whether its label stands on its left. */
  readonly isLeft: boolean
}

const drawPath = geoPath(mapProjection).digits(1)
const LABEL_HEIGHT = 18
const LABEL_WIDTH = 150
const NEIGHBOUR_STEP = 13

/** The way of a link over the globe. */
export function drawLink(from: Spot, to: Spot): string {
  const coordinates = [from, to].map(({ place: [latitude, longitude] }) => [longitude, latitude])
  return drawPath({ type: 'LineString', coordinates }) ?? ''
}

/** Where each member stands, and those whose region has no known place. */
export function spotsOf(members: readonly Member[]): {
  readonly spots: readonly Spot[]
  readonly homeless: readonly Member[]
} {
  const homeless: Member[] = []
  const spots: Spot[] = []
  for (const member of members) {
    const place = placeOf(member.region)
    const point = place === undefined ? null : mapProjection([place[1], place[0]])
    if (place === undefined || point === null) homeless.push(member)
    else spots.push(freeSpot({ member, place, point }, spots))
  }
  return { spots, homeless }
}

/** Members of one region stand side by side, and a label moves down until it is alone. */
function freeSpot(
  {
    member,
    place,
    point
  }: {
    readonly member: Member
    readonly place: readonly [number, number]
    readonly point: readonly [number, number]
  },
  taken: readonly Spot[]
): Spot {
  const neighbours = taken.filter((other) => other.member.region === member.region).length
  const x = point[0] + NEIGHBOUR_STEP * neighbours
  const y = point[1]
  const isLeft = x > MAP_WIDTH - LABEL_WIDTH
  let labelY = y
  const isTaken = (other: Spot): boolean =>
    Math.abs(other.x - x) < LABEL_WIDTH && Math.abs(other.labelY - labelY) < LABEL_HEIGHT
  while (taken.some(isTaken)) labelY += LABEL_HEIGHT
  return { member, place, x, y, labelY, isLeft }
}
