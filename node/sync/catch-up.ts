/**
 * Catching up: how far behind this node is, and the way home.
 *
 * It asks its peers now and then how high they stand, and whoever is higher for
 * the blocks that follow, run by run, until nobody is. It is no mode: the node
 * votes as soon as it stands where the others do.
 *
 * @module
 */

import { type Cancel, type Clock, repeat } from '../clock.ts'
import { believableHeight, membersFirst } from './believable-height.ts'
import { type FinalBlockIntakePorts, takeFinalBlocks } from './final-block-intake.ts'
import {
  decodeNodeStatus,
  decodeParcels,
  encodeFetchRequest,
  encodeNodeStatus,
  type NodeStatus
} from './sync-message.ts'

/** Pause between two rounds of asking peers where they stand. */
const STATUS_INTERVAL_MS = 2_000
/** Peers asked in one round. */
const STATUS_PEERS_MAX = 8
/** Blocks asked for at once. */
const RUN_BLOCKS = 32
/** Time in which a run must be committed before another peer is asked. */
const RUN_DEADLINE_MS = 15_000

/** What catching up needs from others. */
export interface CatchUpPorts extends FinalBlockIntakePorts {
  readonly clock: Pick<Clock, 'later'>
  readonly ownStatus: () => NodeStatus
  readonly peers: () => readonly string[]
  readonly askStatus: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  /** Resolves with true once the committed height is at least this. */
  readonly awaitHeight: (height: number, timeoutMs: number) => Promise<boolean>
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly onFailure: (error: unknown) => void
}

/** Watches peers and follows those who are higher. */
export class CatchUp {
  readonly #ports: CatchUpPorts
  readonly #heights = new Map<string, number>()
  #stopWatching: Cancel | undefined
  #isRunning = false
  #isStopped = false
  #isAsked = false

  constructor(ports: CatchUpPorts) {
    this.#ports = ports
  }

  /** The highest final height that there is reason to believe in. */
  get highestKnown(): number {
    const { tip, electorate } = this.#ports
    return Math.max(tip().height, believableHeight(this.#heights, electorate))
  }

  /** Starts watching. */
  start(): void {
    this.#stopWatching = repeat(this.#ports.clock, STATUS_INTERVAL_MS, () => this.wake())
    this.wake()
  }

  /** Stops; a run under way ends by itself. */
  stop(): void {
    this.#isStopped = true
    this.#stopWatching?.()
  }

  /** There is reason to believe that others are higher. */
  wake(): void {
    this.#isAsked = true
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    this.#follow()
      .catch(this.#ports.onFailure)
      .finally(() => {
        this.#isRunning = false
      })
  }

  async #follow(): Promise<void> {
    while (this.#isAsked && !this.#isStopped) {
      this.#isAsked = false
      await this.#askHeights()
      for (const peer of this.#higherPeers()) if (await this.#takeRunsFrom(peer)) break
    }
  }

  async #askHeights(): Promise<void> {
    const { peers, askStatus, ownStatus, electorate } = this.#ports
    const asked = membersFirst(peers(), electorate).slice(0, STATUS_PEERS_MAX)
    this.#heights.clear()
    const request = encodeNodeStatus(ownStatus())
    await Promise.all(
      asked.map(async (peer) => {
        const answer = await askStatus(peer, request)
        const status = answer === undefined ? undefined : decodeNodeStatus(answer)
        if (status !== undefined) this.#heights.set(peer, status.height)
      })
    )
  }

  /** Those that say they are higher, members first, then the highest: who lies costs one question. */
  #higherPeers(): readonly string[] {
    const { tip, electorate } = this.#ports
    const own = tip().height
    const higher = [...this.#heights]
      .filter(([, height]) => height > own)
      .sort(([, a], [, b]) => b - a)
      .map(([peer]) => peer)
    return membersFirst(higher, electorate)
  }

  /** Follows one peer as long as it delivers; true when this node has got as high as it is. */
  async #takeRunsFrom(peer: string): Promise<boolean> {
    const { tip, ask, penalise, awaitHeight, log } = this.#ports
    const target = this.#heights.get(peer) ?? 0
    // One block behind is the ordinary lag of news; consensus itself brings it in a moment.
    if (tip().height + 1 === target && (await awaitHeight(target, 250))) return true
    while (tip().height < target && !this.#isStopped) {
      const from = tip().height + 1
      const request = encodeFetchRequest({ kind: 'final-blocks', from, count: RUN_BLOCKS })
      const answer = await ask(peer, request)
      const parcels = answer === undefined ? undefined : decodeParcels(answer)
      if (parcels === undefined || parcels.length === 0) return false
      const verdict = await takeFinalBlocks(parcels, peer, this.#ports)
      if (verdict === 'forged') {
        penalise(peer, 'final blocks forged')
        return false
      }
      const height = parcels[parcels.length - 1]?.block.header.height ?? from
      if (!(await awaitHeight(height, RUN_DEADLINE_MS))) return false
      log('caught up with a run of blocks', { from, height, target })
    }
    return true
  }
}
