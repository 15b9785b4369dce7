/**
 * The machine that a benchmark ran on: without it no figure means anything.
 *
 * @module
 */

import { availableParallelism, cpus, loadavg } from 'node:os'
import { softwareVersion } from '../../node/software.ts'

/** The machine, what runs on it, and how busy it was before anything was started. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly nodeVersion: string
  readonly thingmootVersion: string
  /** Over 1, 5 and 15 minutes. */
  readonly loadAverage: readonly number[]
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    nodeVersion: process.version,
    thingmootVersion: softwareVersion(),
    loadAverage: loadavg().map((value) => Math.round(100 * value) / 100)
  }
}
