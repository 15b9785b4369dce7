/**
 * A simulated network in fair weather, for what is measured without sockets: the product's own replicas
 * with real signatures, on a virtual clock.
 *
 * @module
 */

import { NodeError } from '../../node/errors.ts'
import type { MemberProtocol, RequestProtocol } from '../../node/network/protocol-names.ts'
import { invariant } from '../../protocol/index.ts'
import type { Checker } from '../simulator/checkers/checker.ts'
import type { Plan } from '../simulator/world/plan.ts'
import type { SimNode } from '../simulator/world/sim-node.ts'
import { World } from '../simulator/world/world.ts'

/** What the network is like. */
export interface SimNetOptions {
  readonly members: number
  /** Mean pause of a device between one message that is final and the next. */
  readonly pauseMs: number
}

/** Who counts what leaves. */
export interface SimNetPorts {
  readonly onLeave?: (protocol: MemberProtocol | RequestProtocol, message: Uint8Array) => void
  /** Everything that a link carries, answers and gossip too. */
  readonly onCarried?: (message: Uint8Array) => void
}

/** A network that has been founded and lives. */
export interface SimNet {
  readonly world: World
  /** Its first node. */
  readonly node: SimNode
  /** The lowest final height of all nodes. */
  readonly height: () => number
  /** Lets virtual time pass until something is so. */
  readonly runUntil: (what: string, isSo: () => boolean) => Promise<void>
}

const DEVICES = 6
const LINK_MS = 5
const SLICE_MS = 10
/** Virtual time within which anything that is waited for happens. */
const PATIENCE_MS = 120_000

/** Founds one; devices begin to speak as soon as they are claimed. */
export function openSimNet({ members, pauseMs }: SimNetOptions, ports: SimNetPorts = {}): SimNet {
  const { onLeave, onCarried } = ports
  const counter: Checker =
    onLeave === undefined
      ? {}
      : { onLeave: (_node, protocol, _to, message) => onLeave(protocol, message) }
  const world = new World(planOf(members, pauseMs), {
    checkers: [counter],
    answers: {
      onFinal: () => undefined,
      onAccepted: () => undefined,
      isFinal: () => false,
      outcomeOf: () => undefined,
      isTrueAt: () => undefined
    }
  })
  if (onCarried !== undefined)
    world.network.sieve = (_way, message) => {
      onCarried(message)
      return false
    }
  const [node] = world.nodes
  invariant(node !== undefined, 'a network has members')
  world.start()
  return {
    world,
    node,
    height: () => Math.min(...world.nodes.map(({ replica }) => replica?.keeper.tip.height ?? 0)),
    runUntil: async (what, isSo) => {
      const endMs = world.nowMs + PATIENCE_MS
      while (!isSo()) {
        if (world.nowMs > endMs)
          throw new NodeError('NODE_NOT_READY', `waited in vain, in virtual time, for ${what}`)
        await world.runUntil(world.nowMs + SLICE_MS)
      }
    }
  }
}

function planOf(members: number, pauseMs: number): Plan {
  return {
    seed: 1,
    weights: Array.from({ length: members }, () => 1),
    faultModel: 'byzantine',
    vices: [],
    baseMs: [LINK_MS, LINK_MS],
    tailMs: 0,
    clockOffsetsMs: [],
    driftsPpm: [],
    devices: DEVICES,
    pauseMs,
    churnMs: 0,
    snapshots: null,
    things: null,
    healMs: Number.POSITIVE_INFINITY,
    endMs: Number.POSITIVE_INFINITY,
    faults: []
  }
}
