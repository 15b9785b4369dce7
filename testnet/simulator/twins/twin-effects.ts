/**
 * The hands of twins: one port for each effect of the core, in a world without bytes.
 *
 * Signatures are taken on trust and blocks are empty shells: what is tried is the core.
 *
 * @module
 */

import {
  type AlarmCode,
  type BatchId,
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  type Certificate,
  type CoreState,
  createBlock,
  type Effect,
  type Electorate,
  type Epoch,
  fromHex,
  type Height,
  type MemberIndex,
  type News,
  type Recipients,
  type SignedVote
} from '../../../protocol/index.ts'
import type { Entry } from '../virtual/agenda.ts'

/** One instance: a core and what it has recorded and committed. */
export interface Instance {
  readonly place: number
  readonly seat: MemberIndex
  readonly isTwin: boolean
  readonly core: CoreState
  readonly chain: { readonly block: Block; readonly certificate: Certificate }[]
  readonly timers: Map<string, Entry>
}

/** What the hands work with. */
export interface TwinPorts {
  readonly electorate: Electorate
  readonly timeMs: (from: Instance) => number
  /** Whom an instance reaches now, itself included. */
  readonly reachable: (from: Instance) => readonly Instance[]
  readonly later: (delayMs: number, run: () => void) => Entry
  readonly post: (to: Instance, news: News) => void
  readonly referenceOf: (id: BatchId) => BatchReference
  readonly onSaid: (from: Instance, vote: SignedVote) => void
  readonly onCommitted: (from: Instance) => void
  readonly onEvidence: (second: SignedVote) => void
  readonly onAlarm: (from: Instance, code: AlarmCode) => void
}

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** One port for each effect. */
export type TwinEffects = {
  readonly [Kind in Effect['kind']]: (from: Instance, effect: EffectOf<Kind>) => void
}

const TRAVEL_MS = 5
const FETCH_MS = 20
const SIGNATURE = new Uint8Array(64)
const ZERO_HASH = new Uint8Array(32)

/** Makes the ports; all instances share the bodies of blocks, and only ask who holds them. */
export function createTwinEffects(ports: TwinPorts): TwinEffects {
  const bodies = new Map<BlockId, Block>()
  return {
    ...createSending(ports, bodies),
    ...createChecking(ports),
    ...createBuilding(ports, bodies),
    ...createFetching(ports, bodies)
  }
}

function createSending(
  ports: TwinPorts,
  bodies: ReadonlyMap<BlockId, Block>
): Pick<
  TwinEffects,
  | 'record-votes'
  | 'send-vote'
  | 'send-proposal'
  | 'send-certificate'
  | 'send-status'
  | 'push-batches'
> {
  const send = (from: Instance, to: Recipients, news: News): void => {
    for (const other of ports.reachable(from)) {
      if (other.seat === from.seat) continue
      if (to !== 'all' && !to.includes(other.seat)) continue
      ports.later(TRAVEL_MS, () => ports.post(other, news))
    }
  }
  return {
    'record-votes': (from, effect) => {
      const votes = effect.votes.map(
        (vote): SignedVote => ({ vote, signer: from.seat, signature: SIGNATURE })
      )
      for (const vote of votes) ports.onSaid(from, vote)
      answer(ports, from, { kind: 'votes-recorded', votes })
    },
    'send-vote': (from, { vote, to }) =>
      send(from, to, { kind: 'vote-received', from: from.seat, vote }),
    'send-proposal': (from, { blockId, vote, justification, to }) => {
      const block = bodies.get(blockId)
      if (block === undefined) return
      const proposal = { block, vote, justification }
      send(from, to, { kind: 'proposal-received', from: from.seat, proposal })
    },
    'send-certificate': (from, { certificate, to }) =>
      send(from, to, { kind: 'certificate-received', from: from.seat, certificate }),
    'send-status': (from, { status, to }) =>
      send(from, to, { kind: 'status-received', from: from.seat, status }),
    // Whoever is reached has every batch already.
    'push-batches': ignore
  }
}

function createChecking(
  ports: TwinPorts
): Pick<
  TwinEffects,
  | 'set-timer'
  | 'cancel-timer'
  | 'verify-votes'
  | 'verify-certificate'
  | 'confirm-block'
  | 'report-evidence'
  | 'penalise'
  | 'raise-alarm'
> {
  const cancel = ({ timers }: Instance, name: string): void => {
    const entry = timers.get(name)
    if (entry !== undefined) entry.isCancelled = true
    timers.delete(name)
  }
  return {
    'set-timer': (from, { timer, view, delayMs }) => {
      const name = `${timer}/${view}`
      cancel(from, name)
      const entry = ports.later(delayMs, () => {
        from.timers.delete(name)
        ports.post(from, { kind: 'timer-fired', timer, view })
      })
      from.timers.set(name, entry)
    },
    'cancel-timer': (from, { timer, view }) => cancel(from, `${timer}/${view}`),
    'verify-votes': (from, { votes }) =>
      answer(ports, from, { kind: 'votes-verified', votes, genuine: votes.map(() => true) }),
    'verify-certificate': (from, { certificate, from: sender }) =>
      answer(ports, from, {
        kind: 'certificate-verified',
        certificate,
        from: sender,
        isGenuine: true
      }),
    'confirm-block': ignore,
    'report-evidence': (_, { second }) => ports.onEvidence(second),
    penalise: ignore,
    'raise-alarm': (from, { code }) => ports.onAlarm(from, code)
  }
}

function createBuilding(
  ports: TwinPorts,
  bodies: Map<BlockId, Block>
): Pick<TwinEffects, 'obtain-batches' | 'execute-block' | 'build-block' | 'commit-blocks'> {
  return {
    'obtain-batches': (from, { blockId }) =>
      answer(ports, from, { kind: 'block-available', blockId }),
    'execute-block': (from, { blockId }) =>
      answer(ports, from, { kind: 'block-executed', blockId, isValid: true, isSealDue: false }),
    'build-block': (from, effect) => {
      const block = buildBlock(ports, effect, {
        height: ((bodies.get(effect.parentId)?.header.height ?? 0) + 1) as Height,
        timeMs: ports.timeMs(from)
      })
      bodies.set(block.id, block)
      answer(ports, from, { kind: 'block-built', view: effect.view, block, isSealDue: false })
    },
    'commit-blocks': (from, { blockIds, finalisation }) => {
      for (const id of blockIds) {
        from.chain.push({ block: bodies.get(id) as Block, certificate: finalisation })
        ports.onCommitted(from)
      }
      const blockId = blockIds[blockIds.length - 1] as BlockId
      answer(ports, from, { kind: 'blocks-committed', blockId })
    }
  }
}

function createFetching(
  { reachable, later, post }: TwinPorts,
  bodies: ReadonlyMap<BlockId, Block>
): Pick<TwinEffects, 'fetch-block' | 'fetch-certificates' | 'catch-up'> {
  return {
    'fetch-block': (from, { blockId }) => {
      const block = bodies.get(blockId)
      const isHeld = reachable(from).some(
        (other) => other !== from && other.core.blocks.has(blockId)
      )
      if (isHeld && block !== undefined)
        later(FETCH_MS, () => post(from, { kind: 'block-received', block }))
    },
    'fetch-certificates': (from, { first, last, from: asked }) => {
      for (const other of reachable(from))
        if (other !== from && asked.includes(other.seat))
          for (const certificate of certificatesBetween(other, first, last))
            later(FETCH_MS, () =>
              post(from, { kind: 'certificate-received', from: other.seat, certificate })
            )
    },
    'catch-up': (from) => {
      const [best] = [...reachable(from)].sort((a, b) => b.chain.length - a.chain.length)
      const missing = best?.chain.slice(from.chain.length) ?? []
      later(FETCH_MS, () => {
        for (const { block } of missing) post(from, { kind: 'block-received', block })
        const certificate = missing[missing.length - 1]?.certificate
        if (certificate !== undefined)
          post(from, { kind: 'certificate-received', from: null, certificate })
      })
    }
  }
}

function answer({ later, post }: TwinPorts, to: Instance, news: News): void {
  later(0, () => post(to, news))
}

function certificatesBetween({ core }: Instance, first: number, last: number): Certificate[] {
  return [...core.certificates]
    .filter(([view]) => view >= first && view <= last)
    .flatMap(([, held]) => [held.notarisation, held.nullification, held.finalisation])
    .filter((certificate) => certificate !== null)
}

function buildBlock(
  { electorate, referenceOf }: TwinPorts,
  { view, parentView, parentId, batchIds }: EffectOf<'build-block'>,
  { height, timeMs }: { readonly height: Height; readonly timeMs: number }
): Block {
  const batches = batchIds.map(referenceOf)
  return createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: ZERO_HASH,
      epoch: 0 as Epoch,
      view,
      parentId: fromHex(parentId) as Uint8Array,
      parentView,
      height,
      timeMs,
      batchListRoot: batchListRoot(batches),
      stateRoot: ZERO_HASH,
      receiptsRoot: ZERO_HASH,
      transactionCount: batches.length,
      electorateHash: electorate.hash,
      seal: null
    },
    batches
  )
}

function ignore(): void {
  // It changes nothing that is tried here.
}
