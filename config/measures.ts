/**
 * Settings that carry more than their type: ports, paths, and numbers with a unit.
 *
 * @module
 */

import type { z } from 'zod'
import { wholeNumber } from './shapes.ts'

const PORT_MAX = 65_535

/** A port; 0 takes any free one. */
export function port(): z.ZodType<number> {
  return wholeNumber(0, PORT_MAX)
}

/** A path, which counts from the folder of the file that says it. */
export function path<Value>(shape: z.ZodType<Value>, meaning: string): z.ZodType<Value> {
  return shape.meta({ description: meaning, isPath: true })
}

/** A number with its unit. */
export function measured(
  shape: z.ZodType<number>,
  unit: string,
  meaning: string
): z.ZodType<number> {
  return shape.meta({ description: meaning, unit })
}
