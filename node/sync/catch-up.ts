/**
 * Catching up: how far behind this node is, and the way home.
 *
 * It asks its peers now and then how high they stand, and whoever is higher for
 * the blocks that follow, run by run, until nobody is. Far behind, or where
 * nobody has the next block any more, it looks for a snapshot first. It is no
 * mode: the node votes as soon as it stands where the others do.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { type Cancel, repeat } from '../clock.ts'
import { believableHeight, membersFirst } from './believable-height.ts'
import {
  type FinalBlockIntakePorts,
  judgeableRun,
  prepareFinalBlocks,
  takeFinalBlocks
} from './final-block-intake.ts'
import { PeerPatience } from './peer-patience.ts'
import {
  decodeNodeStatus,
  decodeParcels,
  encodeFetchRequest,
  encodeNodeStatus,
  type FinalBlockParcel,
  type NodeStatus
} from './sync-message.ts'
import type { SyncMeter } from './sync-progress.ts'

/** Pause between two rounds of asking peers where they stand. */
const STATUS_INTERVAL_MS = 2_000
/** Peers asked in one round. */
const STATUS_PEERS_MAX = 8
/** Blocks asked for at once. */
const RUN_BLOCKS = 32
/** Time in which a run must be committed before another peer is asked. */
const RUN_DEADLINE_MS = 15_000
/** Blocks behind from which on progress is told. */
const TOLD_FROM_BLOCKS = 3
/** A snapshot must spare at least this share of the blocks it is taken for. */
const SNAPSHOT_GAIN_SHARE = 0.25

/** Rounds in which nobody had the next block, after which it is believed to be gone. */
const ROUNDS_WITHOUT_MAX = 2

/** When a snapshot is looked for. */
export interface CatchUpOptions {
  /** Blocks behind from which on a snapshot is looked for first. */
  readonly joinBehindBlocks: number
}

/** What catching up needs from others. */
export interface CatchUpPorts extends FinalBlockIntakePorts {
  readonly ownStatus: () => NodeStatus
  readonly peers: () => readonly string[]
  readonly askStatus: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  /** Resolves with true once the committed height is at least this. */
  readonly awaitHeight: (height: number, timeoutMs: number) => Promise<boolean>
  /** Looks for a snapshot of at least a height; true when it is installed and this node restarts. */
  readonly joinBySnapshot: (heightMin: number) => Promise<boolean>
  readonly meter: SyncMeter
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * How following a peer ended: as high as it is; it had nothing; it did not keep its word; or it is
 * not known whose fault it was.
 */
type Following = 'level' | 'nothing' | 'broken' | 'unclear'

/** What a peer sent when it was asked for blocks. */
type Run = readonly FinalBlockParcel[] | 'unanswered'

/** Watches peers and follows those who are higher. */
export class CatchUp {
  readonly #joinBehindBlocks: number
  readonly #ports: CatchUpPorts
  readonly #heights = new Map<string, number>()
  readonly #patience: PeerPatience
  #stopWatching: Cancel | undefined
  #isRunning = false
  #isStopped = false
  #isAsked = false
  #roundsWithout = 0

  constructor({ joinBehindBlocks }: CatchUpOptions, ports: CatchUpPorts) {
    this.#joinBehindBlocks = joinBehindBlocks
    this.#ports = ports
    this.#patience = new PeerPatience(ports.clock.nowMs)
  }

  /** The highest final height that there is reason to believe in. */
  get highestKnown(): number {
    const { tip, electorate } = this.#ports
    return Math.max(tip().height, believableHeight(this.#heights, electorate()))
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
      if (await this.#isFarAndJoined()) return
      if (await this.#isPrunedAndJoined(await this.#followHigher())) return
      this.#tell()
    }
  }

  async #askHeights(): Promise<void> {
    const { peers, askStatus, ownStatus, electorate } = this.#ports
    const asked = membersFirst(peers(), electorate()).slice(0, STATUS_PEERS_MAX)
    const heights = new Map<string, number>()
    const request = encodeNodeStatus(ownStatus())
    await Promise.all(
      asked.map(async (peer) => {
        const answer = await askStatus(peer, request)
        const status = answer === undefined ? undefined : decodeNodeStatus(answer)
        if (status === undefined) return
        this.#patience.claimed(peer, status.height)
        heights.set(peer, status.height)
      })
    )
    this.#heights.clear()
    for (const [peer, height] of heights) this.#heights.set(peer, height)
  }

  /** Far behind, a snapshot is looked for first; without one, blocks do it too. */
  async #isFarAndJoined(): Promise<boolean> {
    const own = this.#ports.tip().height
    const behind = this.highestKnown - own
    if (behind <= this.#joinBehindBlocks) return false
    return await this.#ports.joinBySnapshot(own + Math.ceil(SNAPSHOT_GAIN_SHARE * behind))
  }

  /** Where nobody has the next block any more there may still be a snapshot above it. */
  async #isPrunedAndJoined(endings: readonly Following[]): Promise<boolean> {
    const isWithout = endings.length > 0 && endings.every((ending) => ending === 'nothing')
    this.#roundsWithout = isWithout ? this.#roundsWithout + 1 : 0
    if (this.#roundsWithout < ROUNDS_WITHOUT_MAX) return false
    const { tip, joinBySnapshot } = this.#ports
    return this.highestKnown > tip().height && (await joinBySnapshot(tip().height + 1))
  }

  async #followHigher(): Promise<readonly Following[]> {
    const endings: Following[] = []
    for (const peer of this.#higherPeers()) {
      const ending = await this.#takeRunsFrom(peer)
      endings.push(ending)
      if (ending === 'level') break
      if (ending === 'broken') this.#patience.disappointed(peer)
    }
    return endings
  }

  /** Those that say they are higher, members first, then the highest: who lies costs one question. */
  #higherPeers(): readonly string[] {
    const { tip, electorate } = this.#ports
    const own = tip().height
    const higher = [...this.#heights]
      .filter(([peer, height]) => height > own && this.#patience.isOpen(peer))
      .sort(([, a], [, b]) => b - a)
      .map(([peer]) => peer)
    return membersFirst(higher, electorate())
  }

  /** Follows one peer as long as it delivers, asking for the next run while one is executed. */
  async #takeRunsFrom(peer: string): Promise<Following> {
    const { tip, awaitHeight } = this.#ports
    const target = this.#heights.get(peer) ?? 0
    // One block behind is the ordinary lag of news; consensus itself brings it in a moment.
    if (tip().height + 1 === target && (await awaitHeight(target, 250))) return 'level'
    let asked: Promise<Run> | undefined
    while (tip().height < target && !this.#isStopped) {
      const from = tip().height + 1
      let run = await (asked ?? this.#askRun(peer, from))
      // The tip has moved past what was asked for ahead of time.
      if (asked !== undefined && (lastOf(run)?.header.height ?? from) < from)
        run = await this.#askRun(peer, from)
      const taking = await this.#takeRun(run, { peer, from, target })
      if (taking.ending !== undefined) return taking.ending
      asked = taking.next
      // Should it be given up, its failure is the store's, which reports by itself.
      asked?.catch(() => undefined)
      if (!(await awaitHeight(taking.height, RUN_DEADLINE_MS))) return 'unclear'
      this.#tell()
      this.#ports.log('caught up with a run of blocks', { from, height: taking.height, target })
    }
    return 'level'
  }

  /** Takes what a peer sent; either it is done with, or the next run is under way. */
  async #takeRun(
    run: Run,
    {
      peer,
      from,
      target
    }: { readonly peer: string; readonly from: number; readonly target: number }
  ): Promise<
    | { readonly ending: Following }
    | { readonly ending?: never; readonly height: number; readonly next: Promise<Run> | undefined }
  > {
    if (run === 'unanswered') return { ending: 'broken' }
    const { tip, electorate } = this.#ports
    const last = lastOf(judgeableRun(run, tip(), electorate().epoch)) ?? lastOf(run)
    if (last === undefined) return { ending: 'nothing' }
    const { height } = last.header
    // Whoever sends old blocks for ever is not followed.
    if (height < from) return { ending: 'broken' }
    const verdict = await takeFinalBlocks(run, peer, this.#ports)
    if (verdict === 'forged') this.#ports.penalise(peer, 'final blocks forged')
    if (verdict === 'forged') return { ending: 'broken' }
    if (verdict === 'ahead') return { ending: 'unclear' }
    this.#patience.satisfied(peer)
    return { height, next: height < target ? this.#askNextRun(peer, last) : undefined }
  }

  async #askRun(peer: string, from: number): Promise<Run> {
    const request = encodeFetchRequest({ kind: 'final-blocks', from, count: RUN_BLOCKS })
    const answer = await this.#ports.ask(peer, request)
    if (answer === undefined) return 'unanswered'
    if (answer.length === 0) return []
    const parcels = decodeParcels(answer)
    if (parcels === undefined) this.#ports.penalise(peer, 'final blocks malformed')
    return parcels ?? 'unanswered'
  }

  /** Asks for the run after a block and has its batches checked while others are executed. */
  async #askNextRun(
    peer: string,
    { header: { height }, idBytes: blockIdBytes }: FinalBlockParcel['block']
  ): Promise<Run> {
    const parcels = await this.#askRun(peer, height + 1)
    // Whatever is wrong with it is seen again, and dealt with, when its turn comes.
    if (parcels !== 'unanswered')
      await prepareFinalBlocks(parcels, { height, blockIdBytes }, this.#ports)
    return parcels
  }

  #tell(): void {
    const { meter, tip } = this.#ports
    const own = tip().height
    const known = this.highestKnown
    if (known - own < TOLD_FROM_BLOCKS) meter.end()
    else meter.note('blocks', own, known)
  }
}

function lastOf(run: Run): FinalBlockParcel['block'] | undefined {
  return run === 'unanswered' ? undefined : run[run.length - 1]?.block
}
