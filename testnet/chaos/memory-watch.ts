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

/** The most that each node took during a span of time. */
export async function peakMemory(
  nodes: readonly ChaosNode[],
  spanMs: number
): Promise<readonly MemoryUse[]> {
  const peaks = nodes.map(() => ({ residentBytes: 0, externalBytes: 0 }))
  const endMs = performance.now() + spanMs
  while (performance.now() < endMs) {
    const uses = await Promise.all(nodes.map(memoryUse))
    for (const [index, use] of uses.entries()) {
      const peak = peaks[index]
      if (peak === undefined) continue
      peak.residentBytes = Math.max(peak.residentBytes, use.residentBytes)
      peak.externalBytes = Math.max(peak.externalBytes, use.externalBytes)
    }
    await sleep(SAMPLE_EVERY_MS)
  }
  return peaks
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
