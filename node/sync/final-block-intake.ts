/**
 * The intake of final blocks: from gossip and from catching up.
 *
 * A run of blocks is taken when it continues this node's chain and its last
 * block carries a finalisation that is genuine. Then consensus gets them as news
 * like any other, and executes them before anything is believed.
 *
 * @module
 */

import {
  type Block,
  type BlockId,
  batchIdOf,
  type Certificate,
  type Electorate,
  equalBytes,
  judgeBlock,
  judgeCertificate,
  type LedgerVersion,
  type News,
  peekBatchHeader
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { BatchFetcher } from './batch-fetcher.ts'
import type { FinalBlockParcel } from './sync-message.ts'

/** What became of a run of final blocks. */
export type RunVerdict = 'taken' | 'old' | 'ahead' | 'forged'

/** What the intake needs from others. */
export interface FinalBlockIntakePorts {
  readonly networkTag: Uint8Array
  /** Whoever is seated for the blocks after the tip. */
  readonly electorate: () => Electorate
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  readonly store: BatchStore
  readonly fetcher: BatchFetcher
  readonly tip: () => LedgerVersion
  readonly post: (news: News) => Promise<void> | undefined
  /** Says whether a block's batches are worth fetching although consensus does not know it yet. */
  readonly want: (blockId: BlockId, isWanted: boolean) => void
}

/** What a run of blocks must follow on. */
type Parent = Pick<LedgerVersion, 'height' | 'blockIdBytes'>

/** Time in which the batches of a block must be had, from whomever. */
const BATCHES_DEADLINE_MS = 15_000

/**
 * Takes a run of consecutive final blocks.
 *
 * @param parcels - untrusted; blocks at or below the tip are passed over
 * @param source  - the peer they came from, to ask for batches that are missing
 */
export async function takeFinalBlocks(
  parcels: readonly FinalBlockParcel[],
  source: string,
  ports: FinalBlockIntakePorts
): Promise<RunVerdict> {
  const verdict = await prepareFinalBlocks(parcels, ports.tip(), ports)
  if (verdict !== 'taken') return verdict
  const run = judgeableRun(parcels, ports.tip(), ports.electorate().epoch)
  const finalisation = run[run.length - 1]?.finalisation
  if (finalisation === undefined || finalisation === null) return 'old'
  for (const { block } of run) {
    const fault = await takeBlock(block, source, ports)
    if (fault !== undefined) return fault
  }
  await ports.post({ kind: 'certificate-received', from: null, certificate: finalisation })
  return 'taken'
}

/**
 * Judges a run and takes in the batches that came with it, all at once; consensus hears nothing yet.
 *
 * So the next run is made ready while the present one is executed.
 *
 * @param parcels - untrusted
 * @param parent  - what the run is to follow on, final by what was judged before
 */
export async function prepareFinalBlocks(
  parcels: readonly FinalBlockParcel[],
  parent: Parent,
  ports: FinalBlockIntakePorts
): Promise<RunVerdict> {
  const run = judgeableRun(parcels, parent, ports.electorate().epoch)
  const [first] = run
  const last = run[run.length - 1]
  if (first === undefined || last === undefined) return 'old'
  if (first.block.header.height !== parent.height + 1) return 'ahead'
  // Of an epoch that has not begun here nothing can be judged: the seal comes first.
  if (first.block.header.epoch !== ports.electorate().epoch) return 'ahead'
  const { finalisation } = last
  const { networkTag } = ports
  const electorate = ports.electorate()
  const isGood =
    finalisation !== null &&
    isChain(run, parent) &&
    isGenuine(last, finalisation, ports) &&
    run.every(({ block }) => judgeBlock(block, networkTag, electorate).ok)
  if (!isGood) return 'forged'
  const takings = await Promise.all(run.flatMap((parcel) => takeBatches(parcel, ports)))
  return takings.includes('faulty') ? 'forged' : 'taken'
}

/**
 * The blocks of a run that this node can judge: above the parent, and up to the end of the epoch. Who
 * is seated after a seal is known once that is final here.
 */
export function judgeableRun(
  parcels: readonly FinalBlockParcel[],
  { height }: Pick<Parent, 'height'>,
  epoch: number
): FinalBlockParcel[] {
  const run = parcels.filter(({ block }) => block.header.height > height)
  const end = run.findIndex(({ block }) => block.header.epoch !== epoch)
  return end <= 0 ? run : run.slice(0, end)
}

/** Of batches that no block of the run names nothing is kept. */
function takeBatches(
  { block, batches }: FinalBlockParcel,
  { store }: FinalBlockIntakePorts
): Promise<string>[] {
  return batches.map(async (bytes) => {
    const head = peekBatchHeader(bytes)
    const id = head && batchIdOf(head.headerBytes)
    if (!block.batches.some((reference) => reference.id === id)) return 'faulty'
    return (await store.take(bytes, true)).kind
  })
}

/** Takes one block of a run that was judged: undefined when all is well. */
async function takeBlock(
  block: Block,
  source: string,
  ports: FinalBlockIntakePorts
): Promise<RunVerdict | undefined> {
  ports.want(block.id, true)
  let cancel: Cancel = () => undefined
  const inTime = new Promise<'abandoned'>((resolve) => {
    cancel = ports.clock.later(BATCHES_DEADLINE_MS, () => resolve('abandoned'))
  })
  const outcome = await Promise.race([ports.fetcher.obtain(block, [source], true), inTime])
  cancel()
  ports.want(block.id, false)
  if (outcome === 'faulty') return 'forged'
  // Whoever sent the run is not to blame for batches that could not be had in time.
  if (outcome === 'abandoned') return 'ahead'
  await ports.post({ kind: 'block-received', block })
  return undefined
}

function isChain(run: readonly FinalBlockParcel[], parent: Parent): boolean {
  let parentId = parent.blockIdBytes
  for (const { block } of run) {
    if (!equalBytes(block.header.parentId, parentId)) return false
    parentId = block.idBytes
  }
  return true
}

function isGenuine(
  { block }: FinalBlockParcel,
  finalisation: Certificate,
  { networkTag, electorate }: FinalBlockIntakePorts
): boolean {
  const { vote } = finalisation
  if (vote.kind !== 'finalise' || vote.subject?.blockId !== block.id) return false
  return judgeCertificate(finalisation, networkTag, electorate()).ok
}
