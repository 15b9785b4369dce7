/**
 * Watching nodes from outside while they are loaded: memory and how long their event loops are held up.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchNet } from './bench-net.ts'
import { metricsOf } from './net-figures.ts'

/** What was seen of one node. */
export interface WatchedNode {
  readonly name: string
  readonly residentMaxBytes: number
  readonly externalMaxBytes: number
  /** By the node's own watchdog: the worst of its windows. */
  readonly loopDelayP99MaxMs: number
  /** Most that was under way, and that waited for its turn. */
  readonly openMax: number
  readonly waitingMax: number
}

/** A watch over all nodes of a net. */
export interface NodeWatch {
  /** Ends the watch after one more look. */
  readonly end: () => Promise<readonly WatchedNode[]>
}

const POLL_MS = 1_000
const SEEN = {
  residentMaxBytes: ['process_resident_memory_bytes', 1],
  externalMaxBytes: ['nodejs_external_memory_bytes', 1],
  loopDelayP99MaxMs: ['thingmoot_process_loop_delay_seconds', 1_000],
  openMax: ['thingmoot_intake_transactions_open', 1],
  waitingMax: ['thingmoot_intake_transactions_waiting', 1]
} as const
type Figure = keyof typeof SEEN
const FIGURES = Object.keys(SEEN) as readonly Figure[]

/** Begins to watch. */
export function watchNodes({ cluster }: BenchNet): NodeWatch {
  const highest = cluster.nodes.map(() => new Map<Figure, number>())
  const look = async (): Promise<void> => {
    const all = await Promise.all(cluster.nodes.map(metricsOf))
    for (const [index, metrics] of all.entries())
      for (const figure of FIGURES) {
        const [name, factor] = SEEN[figure]
        const value = factor * (metrics.get(name) ?? 0)
        const seen = highest[index]
        seen?.set(figure, Math.max(value, seen.get(figure) ?? 0))
      }
  }
  let isEnding = false
  const looking = (async () => {
    while (!isEnding) {
      await look()
      await sleep(POLL_MS)
    }
  })()
  return {
    end: async () => {
      isEnding = true
      await looking
      await look()
      return cluster.nodes.map(({ node }, index) => {
        const of = (figure: Figure): number => highest[index]?.get(figure) ?? 0
        return {
          name: node.name,
          residentMaxBytes: of('residentMaxBytes'),
          externalMaxBytes: of('externalMaxBytes'),
          loopDelayP99MaxMs: of('loopDelayP99MaxMs'),
          openMax: of('openMax'),
          waitingMax: of('waitingMax')
        }
      })
    }
  }
}
