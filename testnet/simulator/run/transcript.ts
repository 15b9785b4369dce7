/**
 * The transcript of a run: one line for each thing that happens, for people to read.
 *
 * It watches as checkers do, and changes nothing: a run with a transcript is the same run.
 *
 * @module
 */

import type { MemberProtocol, RequestProtocol } from '../../../node/network/protocol-names.ts'
import type { Replica } from '../../../node/replica.ts'
import type { Checker } from '../checkers/checker.ts'
import type { Fault, Plan } from '../world/plan.ts'
import type { World } from '../world/world.ts'
import { messageLine, shortId } from './message-line.ts'

/** One line. */
export interface TranscriptLine {
  readonly atMs: number
  /** Whom it is about; null for the world. */
  readonly node: number | null
  readonly text: string
}

/** What a transcript needs from whoever reads it. */
export interface TranscriptPorts {
  readonly world: () => World
  readonly keep: (line: TranscriptLine) => void
}

interface Leaving {
  readonly node: number
  readonly protocol: MemberProtocol | RequestProtocol
  readonly message: Uint8Array
  readonly to: string[]
}

interface Seen {
  readonly replica: Replica
  view: number
  height: number
}

/** The line as it is printed. */
export function printLine({ atMs, node, text }: TranscriptLine): string {
  const time = (atMs / 1000).toFixed(3).padStart(9)
  return `${time} s  ${node === null ? '--' : `n${node}`}  ${text}`
}

/** Writes a run down. */
export class Transcript implements Checker {
  readonly #ports: TranscriptPorts
  readonly #seen = new Map<number, Seen>()
  #leaving: Leaving | null = null
  #turningPoints: { readonly atMs: number; readonly text: string }[] | undefined

  constructor(ports: TranscriptPorts) {
    this.#ports = ports
  }

  onLeave(
    node: number,
    protocol: MemberProtocol | RequestProtocol,
    to: string,
    message: Uint8Array
  ): void {
    // Everybody asks everybody where the ledger stands, all the time.
    if (protocol === 'status') return
    const before = this.#leaving
    const isSame =
      before?.node === node &&
      before.protocol === protocol &&
      Buffer.compare(before.message, message) === 0
    if (isSame) {
      before.to.push(to)
      return
    }
    this.#flush()
    this.#leaving = { node, protocol, message, to: [to] }
  }

  onUp(node: number): void {
    this.#say(node, 'start')
  }

  onDown(node: number, code: string): void {
    const isDoneToIt = code === 'kill' || code === 'power'
    if (code === 'snapshot') this.#say(node, 'stops, to go on from a snapshot')
    else this.#say(node, isDoneToIt ? `crash by ${code}` : `ends: ${code}`)
  }

  onAlarm(node: number, code: string): void {
    this.#say(node, `alarm ${code}`)
  }

  onPenalty(node: number, peer: string, reason: string): void {
    const blamed = this.#ports.world().network.placeOf(peer)
    this.#say(node, `blames n${blamed ?? '?'}: ${reason}`)
  }

  afterEvent(world: World): void {
    this.#tellFaults(world)
    for (const { index, replica } of world.nodes)
      if (replica !== null) this.#tellProgress(world, index, replica)
    this.#flush()
  }

  atEnd(): void {
    this.#flush()
  }

  #tellProgress(world: World, node: number, replica: Replica): void {
    const { view } = replica.driver.core
    const { height } = replica.keeper.tip
    let seen = this.#seen.get(node)
    if (seen?.replica !== replica) {
      seen = { replica, view, height }
      this.#seen.set(node, seen)
      this.#say(node, `is at v${view} h${height}`)
      return
    }
    for (let at = seen.height + 1; at <= height; at++) {
      const stored = world.read(() => replica.archive.block(at))
      const block = stored?.block
      const what = block === undefined ? '' : ` v${block.header.view} ${shortId(block.id)}`
      this.#say(node, `commit h${at}${what}`)
    }
    seen.height = height
    if (seen.view !== view) this.#say(node, `enters v${view}`)
    seen.view = view
  }

  #tellFaults({ nowMs, plan }: World): void {
    this.#turningPoints ??= turningPoints(plan)
    for (;;) {
      const [next] = this.#turningPoints
      if (next === undefined || next.atMs > nowMs) return
      this.#turningPoints.shift()
      this.#say(null, next.text)
    }
  }

  #flush(): void {
    const leaving = this.#leaving
    if (leaving === null) return
    this.#leaving = null
    const { node, protocol, message } = leaving
    const world = this.#ports.world()
    const to = new Set(leaving.to.map((key) => world.network.placeOf(key)))
    const isToAll = to.size > 1 && to.size === world.nodes.length - 1
    const whom = isToAll ? 'all' : [...to].map((place) => `n${place ?? '?'}`).join(' ')
    this.#keep(node, `${messageLine(protocol, message, node)} -> ${whom}`)
  }

  #say(node: number | null, text: string): void {
    this.#flush()
    this.#keep(node, text)
  }

  #keep(node: number | null, text: string): void {
    this.#ports.keep({ atMs: this.#ports.world().nowMs, node, text })
  }
}

/** Everything that the plan brings about, as it begins and as it ends. */
function turningPoints(plan: Plan): { atMs: number; text: string }[] {
  const points = plan.faults.flatMap((fault) => {
    const text = faultLine(fault)
    const begins = { atMs: fault.atMs, text }
    return 'forMs' in fault
      ? [begins, { atMs: fault.atMs + fault.forMs, text: `over: ${fault.kind}` }]
      : [begins]
  })
  points.push({ atMs: plan.healMs, text: 'everything is mended' })
  return points.sort((a, b) => a.atMs - b.atMs)
}

/** A fault in one line. */
function faultLine(fault: Fault): string {
  const { atMs, kind, ...rest } = fault
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${factText(value)}`)
  return `${kind}: ${facts.join(', ')}`
}

function factText(value: unknown): string {
  if (!Array.isArray(value)) return String(value)
  return (value as readonly (readonly [number, number])[])
    .map(([from, to]) => `n${from}>n${to}`)
    .join(' ')
}
