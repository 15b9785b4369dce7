/**
 * Watches how much memory nodes take: what is resident, and what lies in buffers outside the heap.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { readMetrics } from '../cluster/node-api.ts'
import type { ChaosNode } from './chaos-node.ts'

/** The memory of one node. */
export interface MemoryUse {
  readonly residentBytes: number
  readonly externalBytes: number
}

const SAMPLE_EVERY_MS = 500
/** What a collection of garbage frees within this many samples was not held. */
const HELD_SAMPLES = 7

/**
 * The most that each node held during a span of time, for three seconds at least.
 *
 * What is garbage goes up and down meanwhile; what is held stays.
 */
export async function heldMemory(
  nodes: readonly ChaosNode[],
  spanMs: number
): Promise<readonly MemoryUse[]> {
  const samples: MemoryUse[][] = nodes.map(() => [])
  const endMs = performance.now() + spanMs
  while (performance.now() < endMs) {
    const uses = await Promise.all(nodes.map(memoryUse))
    for (const [index, use] of uses.entries()) samples[index]?.push(use)
    await sleep(SAMPLE_EVERY_MS)
  }
  return samples.map((uses) => ({
    residentBytes: highestFloor(uses.map(({ residentBytes }) => residentBytes)),
    externalBytes: highestFloor(uses.map(({ externalBytes }) => externalBytes))
  }))
}

/** Of every few values in a row the least, and of those the greatest. */
function highestFloor(values: readonly number[]): number {
  const floors = values
    .map((_, index) => values.slice(index, index + HELD_SAMPLES))
    .filter(({ length }) => length === HELD_SAMPLES)
    .map((few) => Math.min(...few))
  return Math.max(...floors)
}

/** By how much the node that grew most has grown. */
export function growth(before: readonly MemoryUse[], after: readonly MemoryUse[]): MemoryUse {
  const grown = (read: (use: MemoryUse) => number): number =>
    Math.max(
      ...after.map((use, index) => {
        const earlier = before[index]
        return earlier === undefined ? 0 : read(use) - read(earlier)
      })
    )
  return {
    residentBytes: grown(({ residentBytes }) => residentBytes),
    externalBytes: grown(({ externalBytes }) => externalBytes)
  }
}

async function memoryUse({ metricsUrl }: ChaosNode): Promise<MemoryUse> {
  const metrics = await readMetrics(metricsUrl)
  return {
    residentBytes: metrics.get('process_resident_memory_bytes') ?? 0,
    externalBytes: metrics.get('nodejs_external_memory_bytes') ?? 0
  }
}
