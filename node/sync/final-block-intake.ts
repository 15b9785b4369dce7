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
  type BlockId,
  type Certificate,
  type Electorate,
  equalBytes,
  judgeBlock,
  judgeCertificate,
  type LedgerVersion,
  type News
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import type { BatchFetcher } from './batch-fetcher.ts'
import type { FinalBlockParcel } from './sync-message.ts'

/** What became of a run of final blocks. */
export type RunVerdict = 'taken' | 'old' | 'ahead' | 'forged'

/** What the intake needs from others. */
export interface FinalBlockIntakePorts {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly store: BatchStore
  readonly fetcher: BatchFetcher
  readonly tip: () => LedgerVersion
  readonly post: (news: News) => Promise<void> | undefined
  /** Says whether a block's batches are worth fetching although consensus does not know it yet. */
  readonly want: (blockId: BlockId, isWanted: boolean) => void
}

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
  const tip = ports.tip()
  const run = parcels.filter(({ block }) => block.header.height > tip.height)
  const [first] = run
  const last = run[run.length - 1]
  if (first === undefined || last === undefined) return 'old'
  if (first.block.header.height !== tip.height + 1) return 'ahead'
  const finalisation = last.finalisation
  if (finalisation === null || !isChain(run, tip) || !isGenuine(last, finalisation, ports))
    return 'forged'
  for (const parcel of run) {
    const fault = await takeParcel(parcel, source, ports)
    if (fault !== undefined) return fault
  }
  await ports.post({ kind: 'certificate-received', from: null, certificate: finalisation })
  return 'taken'
}

/** Takes one block of a run whose finalisation is genuine: undefined when all is well. */
async function takeParcel(
  { block, batches }: FinalBlockParcel,
  source: string,
  ports: FinalBlockIntakePorts
): Promise<RunVerdict | undefined> {
  if (!judgeBlock(block, ports.networkTag, ports.electorate).ok) return 'forged'
  for (const bytes of batches) {
    const taking = await ports.store.take(bytes)
    if (taking.kind === 'faulty') return 'forged'
  }
  ports.want(block.id, true)
  const outcome = await ports.fetcher.obtain(block, [source])
  ports.want(block.id, false)
  if (outcome === 'faulty') return 'forged'
  // Whoever sent the run is not to blame for batches that could not be had in time.
  if (outcome === 'abandoned') return 'ahead'
  await ports.post({ kind: 'block-received', block })
  return undefined
}

function isChain(run: readonly FinalBlockParcel[], tip: LedgerVersion): boolean {
  let parentId = tip.blockIdBytes
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
  return judgeCertificate(finalisation, networkTag, electorate).ok
}
