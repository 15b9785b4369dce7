/**
 * Plans in files: found once, kept for good.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { usage } from '../../../node/cli/command.ts'
import { STORY_NAMES } from '../world/draw-things.ts'
import type { Fault, Plan } from '../world/plan.ts'

/** A plan with what it is about. */
export interface SavedPlan {
  readonly name: string
  /** What went wrong, in one sentence. */
  readonly sentence: string
  /** What it broke when it was found. */
  readonly invariant: string
  readonly plan: Plan
}

const milliseconds = z.number().nonnegative()
const count = z.int().nonnegative()
const planShape = z.object({
  seed: z.int().nonnegative(),
  weights: z.array(z.int().positive()).min(1),
  faultModel: z.enum(['byzantine', 'crash']),
  vices: z.array(z.object({ node: z.int().nonnegative(), vice: z.string() })),
  baseMs: z.tuple([milliseconds, milliseconds]),
  tailMs: milliseconds,
  clockOffsetsMs: z.array(z.number()),
  driftsPpm: z.array(z.number()),
  devices: z.int().nonnegative(),
  pauseMs: milliseconds,
  churnMs: milliseconds.default(0),
  snapshots: z
    .object({
      everyBlocks: count,
      keep: z.int().positive(),
      joinBehindBlocks: count,
      keepBlocks: count
    })
    .nullable()
    .default(null),
  things: z
    .object({
      beatMs: milliseconds,
      stories: z.array(
        z.object({
          name: z.enum(STORY_NAMES),
          number: count,
          stopsOnFork: z.boolean(),
          ratchetEvery: z.int().positive(),
          illMs: milliseconds
        })
      )
    })
    .nullable()
    .default(null),
  healMs: milliseconds,
  endMs: milliseconds,
  // The parts of a fault are as its kind wants them: who writes one by hand sees at once if not.
  faults: z.array(z.looseObject({ kind: z.string(), atMs: milliseconds }))
})
const savedShape = z.object({
  name: z.string(),
  sentence: z.string(),
  invariant: z.string(),
  plan: planShape
})

/**
 * Reads a plan.
 *
 * @throws NodeError USAGE_WRONG
 */
export function readSavedPlan(path: string): SavedPlan {
  try {
    const saved = savedShape.parse(JSON.parse(readFileSync(path, 'utf8')))
    const faults = saved.plan.faults as unknown as readonly Fault[]
    return { ...saved, plan: { ...saved.plan, faults } }
  } catch (error) {
    throw usage(`${path}: is not a plan: ${error instanceof Error ? error.message : error}`, error)
  }
}

/** Writes a plan, and the folder it lies in. */
export function writeSavedPlan(path: string, saved: SavedPlan): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`)
}
