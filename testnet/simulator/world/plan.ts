/**
 * The plan of a run: what goes wrong, where and when. It is plain data, drawn from the seed at once.
 *
 * So a run can be told to others, and made smaller by leaving things out.
 *
 * @module
 */

import type { FaultModel } from '../../../protocol/index.ts'

/** One thing that goes wrong. Times are virtual milliseconds since the start. */
export type Fault = { readonly atMs: number } & (
  | {
      readonly kind: 'crash'
      readonly node: number
      readonly ending: 'kill' | 'power'
      readonly downMs: number
      /** The process ends at its k-th write or send from then on; 0 for at once. */
      readonly atPoint: number
    }
  /** Directions `[from, to]` carry nothing for a while. */
  | {
      readonly kind: 'cut'
      readonly shape: string
      readonly directions: readonly (readonly [number, number])[]
      readonly forMs: number
    }
  | {
      readonly kind: 'weather'
      readonly directions: readonly (readonly [number, number])[] | 'all'
      readonly forMs: number
      readonly lossPermille: number
      readonly duplicatePermille: number
      readonly reorderPermille: number
      readonly corruptPermille: number
      /** 0 for no limit. */
      readonly bytesPerSecond: number
    }
  | {
      readonly kind: 'clog'
      readonly directions: readonly (readonly [number, number])[]
      readonly forMs: number
    }
  | {
      readonly kind: 'slow-disk'
      readonly node: number
      readonly syncMs: number
      readonly forMs: number
    }
  | { readonly kind: 'full-disk'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'refusing-disk'; readonly node: number; readonly forMs: number }
  /** The process is down meanwhile; an operator repairs what was damaged. */
  | {
      readonly kind: 'log-hole'
      readonly node: number
      readonly where: 'ledger' | 'sign'
      readonly downMs: number
    }
  | {
      readonly kind: 'marker-lost'
      readonly node: number
      readonly where: 'ledger' | 'sign'
      readonly downMs: number
    }
  | {
      readonly kind: 'bit-flip'
      readonly node: number
      readonly place: number
      readonly downMs: number
    }
  | { readonly kind: 'clock-jump'; readonly node: number; readonly byMs: number }
)

/** How the nodes of a network make and take snapshots, and what they forget. */
export interface SnapshotPlan {
  /** Heights that are multiples of it get one. */
  readonly everyBlocks: number
  /** How many each node keeps. */
  readonly keep: number
  /** Blocks behind from which on a snapshot is looked for first. */
  readonly joinBehindBlocks: number
  /** Blocks below the tip whose transactions are kept; 0 keeps all. */
  readonly keepBlocks: number
}

/** What comes to pass between one device, its owner and whoever means ill. */
export type StoryName =
  /** An honest device with a hard life, and nobody else who has its keys. */
  | 'honest'
  /** A thief has a signing key, reads the ledger, and goes on where the device is. */
  | 'key-thief'
  /** The folder of a device was copied: the copy speaks first, or late, or at the head of the ledger. */
  | 'clone-first'
  | 'clone-late'
  | 'clone-jumps'
  /** A seller offers what it has offered already, and goes on after the sale. */
  | 'double-sale'
  /** A seller's wallet was copied, and both copies sell. */
  | 'forked-sale'
  /** A wallet was restored twice from the same words. */
  | 'double-restore'

/** One device of a run. */
export interface Story {
  readonly name: StoryName
  /** Its own dice: what is left out of a plan leaves the other stories as they were. */
  readonly number: number
  /** Whether a fork stops the device, or is only marked. */
  readonly stopsOnFork: boolean
  /** Messages in a row under one key. */
  readonly ratchetEvery: number
  /** When whoever means ill begins. */
  readonly illMs: number
}

/** Devices that run the product's own client, their owners, and those who mean ill. */
export interface ThingsPlan {
  /** Pause between two turns; all take them at the same moments, so that blocks are shared. */
  readonly beatMs: number
  readonly stories: readonly Story[]
}

/** Everything that a run follows from. */
export interface Plan {
  readonly seed: number
  readonly weights: readonly number[]
  readonly faultModel: FaultModel
  /** Places of faulty members and their vices. */
  readonly vices: readonly { readonly node: number; readonly vice: string }[]
  readonly baseMs: readonly [number, number]
  readonly tailMs: number
  readonly clockOffsetsMs: readonly number[]
  readonly driftsPpm: readonly number[]
  readonly devices: number
  readonly pauseMs: number
  /** Pause between two questions that the members put to the vote; 0 for none at all. */
  readonly churnMs: number
  /** Null where snapshots are neither made nor taken, and everything is kept. */
  readonly snapshots: SnapshotPlan | null
  /** Null where no device runs the product's own client. */
  readonly things: ThingsPlan | null
  /** When everything is mended. */
  readonly healMs: number
  readonly endMs: number
  readonly faults: readonly Fault[]
}
