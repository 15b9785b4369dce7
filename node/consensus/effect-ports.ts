/**
 * The hands of the consensus core: each effect, done through the parts of this node.
 *
 * An effect never waits until its own news is taken: the driver takes news only
 * when the effect is done, so here, and not in the background, `post` is left alone.
 *
 * @module
 */

import {
  type AlarmCode,
  type Block,
  type BlockId,
  type Certificate,
  type Effect,
  type Electorate,
  encodeCertificateMessage,
  encodeStatusMessage,
  encodeVoteMessage,
  isVoteGenuine,
  judgeCertificate,
  type MemberIndex,
  type News,
  type SignedVote,
  type View
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import type { CommittedBlock, LedgerKeeper } from '../ledger/ledger-keeper.ts'
import type { BatchFetcher } from '../sync/batch-fetcher.ts'
import {
  decodeBlockAnswer,
  decodeCertificatesAnswer,
  encodeFetchRequest
} from '../sync/sync-message.ts'
import type { EffectPorts } from './driver.ts'
import type { MemberPlane } from './member-plane.ts'
import type { Timers } from './timers.ts'
import type { Voter } from './voter.ts'

/** What the hands work with. */
export interface HandsPorts {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly plane: MemberPlane
  readonly keeper: LedgerKeeper
  readonly store: BatchStore
  readonly fetcher: BatchFetcher
  readonly timers: Timers
  /** Null for an observer, who records no votes. */
  readonly voter: Voter | null
  readonly blockOf: (blockId: BlockId) => Block | undefined
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly post: (news: News) => Promise<void> | undefined
  readonly timeMs: () => number
  readonly onCommitted: (blocks: readonly CommittedBlock[]) => void
  /** The last block that was committed sealed the epoch: this core's time is over. */
  readonly onSealed: () => Promise<void>
  readonly onConfirmed: (blockId: BlockId) => void
  readonly onCatchUp: () => void
  readonly onEvidence: (first: SignedVote, second: SignedVote) => void
  readonly onAlarm: (code: AlarmCode, view: View) => void
  readonly penalise: (peer: string, reason: string) => void
  readonly onFailure: (error: unknown) => void
}

/** Makes one port for each effect. */
export function createEffectPorts(ports: HandsPorts): EffectPorts {
  const { plane, keeper, timers, post } = ports
  return {
    'record-votes': async (effect) => {
      if (ports.voter === null) return
      const votes = await ports.voter.record(effect)
      void post({ kind: 'votes-recorded', votes })
    },
    'send-vote': ({ vote, to }) => plane.send(encodeVoteMessage(vote), to),
    'send-proposal': ({ blockId, vote, justification, to }) => {
      const block = ports.blockOf(blockId)
      if (block !== undefined) plane.sendProposal({ block, vote, justification }, to)
    },
    'send-certificate': ({ certificate, to }) =>
      plane.send(encodeCertificateMessage(certificate), to),
    'send-status': ({ status, to }) => plane.send(encodeStatusMessage(status), to),
    'set-timer': ({ timer, view, delayMs }) => timers.set(timer, view, delayMs),
    'cancel-timer': ({ timer, view }) => timers.cancel(timer, view),
    'verify-votes': ({ votes }) => {
      const { networkTag, electorate } = ports
      const genuine = votes.map((vote) => isVoteGenuine(networkTag, electorate, vote))
      void post({ kind: 'votes-verified', votes, genuine })
    },
    'verify-certificate': ({ certificate, from }) => {
      const isGenuine = judgeCertificate(certificate, ports.networkTag, ports.electorate).ok
      void post({ kind: 'certificate-verified', certificate, from, isGenuine })
    },
    'obtain-batches': ({ blockId, from }) => obtainBatches(ports, blockId, from),
    'fetch-block': ({ blockId, from }) => inBackground(ports, fetchBlock(ports, blockId, from)),
    'fetch-certificates': (effect) => inBackground(ports, fetchCertificates(ports, effect)),
    'catch-up': () => ports.onCatchUp(),
    'execute-block': async ({ blockId }) => {
      const block = ports.blockOf(blockId)
      const isValid = block !== undefined && (await keeper.execute(block))
      const isSealDue = keeper.isSealDue(blockId)
      void post({ kind: 'block-executed', blockId, isValid, isSealDue })
    },
    'build-block': (effect) => buildBlock(ports, effect),
    'push-batches': ({ batchIds, to }) => {
      for (const id of batchIds) {
        const bytes = ports.store.bytesOf(id)
        if (bytes !== undefined) plane.pushBatch(bytes, to)
      }
    },
    'commit-blocks': async ({ blockIds, finalisation }) => {
      const blocks = await keeper.commit(blockIds, finalisation)
      void post({ kind: 'blocks-committed', blockId: keeper.tip.blockId })
      ports.onCommitted(blocks)
      if (keeper.electorate.epoch !== ports.electorate.epoch) await ports.onSealed()
    },
    'confirm-block': ({ blockId }) => ports.onConfirmed(blockId),
    'report-evidence': ({ first, second }) => ports.onEvidence(first, second),
    penalise: ({ member, reason }) => ports.penalise(plane.keyOf(member), reason),
    'raise-alarm': ({ code, view }) => ports.onAlarm(code, view)
  }
}

/** What is held already is news at once; the rest is fetched meanwhile. */
function obtainBatches(ports: HandsPorts, blockId: BlockId, from: readonly MemberIndex[]): void {
  const { fetcher, plane, post } = ports
  const block = ports.blockOf(blockId)
  if (block === undefined) return
  const sources = from.map((member) => plane.keyOf(member))
  const obtaining = fetcher.obtain(block, sources).then((outcome) => {
    if (outcome === 'complete') void post({ kind: 'block-available', blockId })
    if (outcome === 'faulty')
      void post({ kind: 'block-executed', blockId, isValid: false, isSealDue: false })
  })
  inBackground(ports, obtaining)
}

async function fetchBlock(
  { ask, plane, post }: HandsPorts,
  id: BlockId,
  from: readonly MemberIndex[]
): Promise<void> {
  const request = encodeFetchRequest({ kind: 'block', id })
  for (const member of from) {
    const answer = await ask(plane.keyOf(member), request)
    const block = answer === undefined ? undefined : decodeBlockAnswer(answer)
    if (block?.id !== id) continue
    await post({ kind: 'block-received', block })
    return
  }
}

async function fetchCertificates(
  { ask, plane, post }: HandsPorts,
  { first, last, from }: Extract<Effect, { kind: 'fetch-certificates' }>
): Promise<void> {
  const request = encodeFetchRequest({ kind: 'certificates', first, last })
  await Promise.all(
    from.map(async (member) => {
      const answer = await ask(plane.keyOf(member), request)
      const certificates: readonly Certificate[] =
        answer === undefined ? [] : decodeCertificatesAnswer(answer)
      for (const certificate of certificates)
        await post({ kind: 'certificate-received', from: member, certificate })
    })
  )
}

async function buildBlock(
  { keeper, store, electorate, post, timeMs }: HandsPorts,
  { view, parentView, parentId, batchIds }: Extract<Effect, { kind: 'build-block' }>
): Promise<void> {
  const batches = batchIds
    .map((id) => store.referenceOf(id))
    .filter((reference) => reference !== undefined)
  const { epoch } = electorate
  const plan = { epoch, view, parentView, parentId, batches, timeMs: timeMs() }
  const block = await keeper.build(plan)
  const isSealDue = block !== null && keeper.isSealDue(block.id)
  void post({ kind: 'block-built', view, block, isSealDue })
}

/** Work that effects do not wait for; its answers come as news. */
function inBackground({ onFailure }: HandsPorts, work: Promise<unknown>): void {
  void work.catch(onFailure)
}
