/**
 * The outline of all land, drawn once at the build: half of what the shapes weigh themselves.
 *
 * @module
 */

import { createRequire } from 'node:module'
import { geoPath } from 'd3-geo'
import { feature } from 'topojson-client'
import { invariant } from '../../../protocol/index.ts'
import { mapProjection } from '../map-projection.ts'

type Shapes = Parameters<typeof feature>[0]

/** Points closer than this to the one before, in units of the map, are left out. */
const STEP_MIN = 2
/** Rings of fewer points are islands that nobody would see. */
const RING_POINTS_MIN = 4

/** An SVG path in whole units of the map. */
export function drawLand(): string {
  const shapes = createRequire(import.meta.url)('world-atlas/land-110m.json') as Shapes
  const land = shapes.objects['land']
  invariant(land !== undefined, 'the atlas has land')
  const path = geoPath(mapProjection).digits(0)(feature(shapes, land)) ?? ''
  return path
    .split(/(?=M)/)
    .map(thin)
    .filter((ring) => ring !== '')
    .join('')
}

/** One ring, each point told by its way from the one before. */
function thin(ring: string): string {
  const points = [...ring.matchAll(/(-?\d+),(-?\d+)/g)].map(([, x, y]) => [Number(x), Number(y)])
  const kept: [number, number][] = []
  for (const [x = 0, y = 0] of points) {
    const last = kept.at(-1)
    if (last !== undefined && Math.hypot(x - last[0], y - last[1]) < STEP_MIN) continue
    kept.push([x, y])
  }
  const [first, ...others] = kept
  if (first === undefined || kept.length < RING_POINTS_MIN) return ''
  let at = first
  const steps = others.map(([x, y]) => {
    const step = `${x - at[0]},${y - at[1]}`
    at = [x, y]
    return step
  })
  return `M${first}l${steps.join(' ')}z`.replace(/[ ,]-/g, '-')
}
