/**
 * What a simulated node is made of, and what it needs from the world.
 *
 * @module
 */

import type { Vice } from '../adversaries/vice.ts'
import type { Dice } from '../virtual/dice.ts'
import type { ClockError, VirtualTime } from '../virtual/virtual-clock.ts'
import type { VirtualNetwork } from '../virtual/virtual-network.ts'
import type { Founding } from './founding.ts'
import type { Observer } from './observer.ts'
import type { SnapshotPlan } from './plan.ts'

/** What a node is made of. */
export interface SimNodeOptions {
  readonly index: number
  readonly founding: Founding
  readonly vice: Vice | null
  readonly clockError: ClockError
  /** Null where snapshots are neither made nor taken, and everything is kept. */
  readonly snapshots: SnapshotPlan | null
}

/** What a node needs from the world. */
export interface SimNodePorts {
  readonly time: VirtualTime
  readonly network: VirtualNetwork
  readonly diskDice: Dice
  readonly viceDice: Dice
  readonly observer: Required<Observer>
  /** Something that coverage counts has happened. */
  readonly mark: (name: string) => void
  /** A bug of our own: the run has failed. */
  readonly onBug: (node: number, error: unknown) => void
}

/** How a process ends. */
export type Ending = 'kill' | 'power'
