/**
 * Dissemination: how batches and final blocks reach everybody who needs them.
 *
 * Among few members an author pushes its batches on direct streams; gossip
 * reaches everybody else. Final blocks are gossiped whole, as long as they fit
 * into a message; of larger ones observers fetch the batches.
 *
 * @module
 */

import type { Block, Electorate, MemberIndex } from '../protocol/index.ts'
import type { BatchStore } from './batches/batch-store.ts'
import type { MemberPlane } from './consensus/member-plane.ts'
import type { CommittedBlock } from './ledger/ledger-keeper.ts'
import type { Network } from './network/network.ts'
import { type FinalBlockIntakePorts, takeFinalBlocks } from './sync/final-block-intake.ts'
import { decodeParcels, encodeParcels, type FinalBlockParcel } from './sync/sync-message.ts'

/** Largest gossiped message, its head aside. */
const GOSSIP_BYTES_MAX = 250 * 1024
/** Bytes of batches that travel inside a gossiped block. */
const GOSSIPED_BATCHES_MAX = 192 * 1024
const OFFENCE_POINTS = 50

/** How batches travel among members. */
export interface DisseminationOptions {
  readonly mode: 'auto' | 'push' | 'gossip'
  /** Up to so many members push in the mode `auto`. */
  readonly pushMembersMax: number
}

/** What dissemination needs from others. */
export interface DisseminationPorts {
  readonly network: Network
  readonly plane: () => MemberPlane
  readonly store: BatchStore
  readonly electorate: () => Electorate
  readonly self: () => MemberIndex | null
  readonly finalBlocks: FinalBlockIntakePorts
  /** Whether a block is one of this node's own final ones. */
  readonly isFinal: (block: Block) => boolean
  /** Blocks came that do not follow on this node's own: it is behind. */
  readonly onAhead: () => void
  readonly onFailure: (error: unknown) => void
}

/** Sends batches and blocks out, and takes those that are gossiped. */
export class Dissemination {
  readonly #options: DisseminationOptions
  readonly #ports: DisseminationPorts
  #isSubscribed = false

  constructor(options: DisseminationOptions, ports: DisseminationPorts) {
    this.#options = options
    this.#ports = ports
  }

  get #isPushed(): boolean {
    const { mode, pushMembersMax } = this.#options
    const isSmall = this.#ports.electorate().seats.length <= pushMembersMax
    return mode === 'push' || (mode === 'auto' && isSmall)
  }

  /** Takes part in the topics that this node needs; said again when the electorate has changed. */
  join(): void {
    const { network, self } = this.#ports
    // Members that push have all they need on their own streams; where they gossip, they also relay.
    if (this.#isSubscribed || (self() !== null && this.#isPushed)) return
    this.#isSubscribed = true
    network.subscribe('batch', (from, message) => this.#judgeBatch(from, message))
    network.subscribe('block', (from, message) => this.#judgeBlock(from, message))
  }

  /** Sends a batch of this node's own to everybody. */
  sendBatch(bytes: Uint8Array): void {
    const { plane, network, onFailure } = this.#ports
    if (this.#isPushed) plane().pushBatch(bytes, 'all')
    if (network.subscribers('batch') > 0) network.publish('batch', bytes).catch(onFailure)
  }

  /** Gossips blocks that became final, if this node led the last of them. */
  sendBlocks(blocks: readonly CommittedBlock[], isLeader: boolean): void {
    const { network, onFailure } = this.#ports
    if (!isLeader || network.subscribers('block') === 0) return
    const parcels = blocks.map((committed) => this.#parcelOf(committed))
    const message = encodeParcels(parcels)
    const bare = (): Uint8Array =>
      encodeParcels(parcels.map((parcel) => ({ ...parcel, batches: [] })))
    const fitting = message.length <= GOSSIP_BYTES_MAX ? message : bare()
    if (fitting.length <= GOSSIP_BYTES_MAX) network.publish('block', fitting).catch(onFailure)
  }

  #parcelOf({ block, finalisation }: CommittedBlock): FinalBlockParcel {
    const batches: Uint8Array[] = []
    let size = 0
    for (const { id } of block.batches) {
      const bytes = this.#ports.store.bytesOf(id)
      if (bytes === undefined || size + bytes.length > GOSSIPED_BATCHES_MAX) break
      batches.push(bytes)
      size += bytes.length
    }
    return { block, finalisation, batches }
  }

  async #judgeBatch(from: string, message: Uint8Array): Promise<'accept' | 'ignore' | 'reject'> {
    const taking = await this.#ports.store.take(message)
    if (taking.kind === 'busy' || taking.kind === 'unseated') return 'ignore'
    if (taking.kind !== 'faulty') return 'accept'
    this.#ports.network.penalise(from, OFFENCE_POINTS, `gossiped batch: ${taking.fault}`)
    return 'reject'
  }

  async #judgeBlock(from: string, message: Uint8Array): Promise<'accept' | 'ignore' | 'reject'> {
    const parcels = decodeParcels(message)
    if (parcels === undefined || parcels.length === 0) return 'reject'
    const verdict = await takeFinalBlocks(parcels, from, this.#ports.finalBlocks)
    if (verdict === 'ahead') this.#ports.onAhead()
    if (verdict === 'forged') return 'reject'
    const last = parcels[parcels.length - 1]?.block
    const isOurs = verdict === 'old' && last !== undefined && this.#ports.isFinal(last)
    // What is newer than what this node can judge is passed on by those who can.
    return verdict === 'taken' || isOurs ? 'accept' : 'ignore'
  }
}
