/**
 * A spark line: where a number has been, small, with its range in words for who cannot see it.
 *
 * @module
 */

import type { JSX } from 'preact'

const WIDTH = 120
const HEIGHT = 28
const PAD = 3

/** Draws the points of a series, the oldest first. */
export function SparkLine({
  points,
  large = false
}: {
  readonly points: readonly number[]
  readonly large?: boolean
}): JSX.Element | null {
  if (points.length < 2) return null
  const [least, most] = [Math.min(...points), Math.max(...points)]
  const range = most - least || 1
  const path = points
    .map((value, index) => {
      const x = PAD + ((WIDTH - 2 * PAD) * index) / (points.length - 1)
      const y = HEIGHT - PAD - ((HEIGHT - 2 * PAD) * (value - least)) / range
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
  const label = `last ${points.length} values, from ${least} to ${most}`
  return (
    <svg
      class={large ? 'spark large' : 'spark'}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <polyline points={path} />
    </svg>
  )
}
