/**
 * The hands of simulated members: one port per effect, as the daemon has them.
 *
 * @module
 */

import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  batchListRoot,
  createBlock
} from '../blocks/block.ts'
import type { Certificate } from '../consensus/certificate.ts'
import type { Effect } from '../consensus/effect.ts'
import type { News } from '../consensus/event.ts'
import type { SignedVote } from '../consensus/vote.ts'
import { fromHex } from '../foundation/bytes.ts'
import type { BlockId, Epoch, Height, MemberIndex } from '../types.ts'
import { catchUp } from './world-catch-up.ts'
import type { WorldNode, WorldPorts } from './world-node.ts'

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** One port per effect. Forget one and this no longer compiles. */
export type WorldEffects = {
  readonly [Kind in Effect['kind']]: (node: WorldNode, effect: EffectOf<Kind>) => void
}

/** Makes the ports. */
export function createWorldEffects(world: WorldPorts): WorldEffects {
  return { ...sendingEffects(world), ...checkingEffects(world), ...chainEffects(world) }
}

function sendingEffects(
  world: WorldPorts
): Pick<
  WorldEffects,
  | 'record-votes'
  | 'send-vote'
  | 'send-proposal'
  | 'send-certificate'
  | 'send-status'
  | 'push-batches'
  | 'report-evidence'
  | 'raise-alarm'
  | 'penalise'
> {
  return {
    'record-votes': (node, effect) => {
      const votes = effect.votes.map(
        (vote): SignedVote => ({ vote, signer: node.index, signature: new Uint8Array(64) })
      )
      for (const signed of votes) world.onSigned(signed)
      node.log.push(...votes)
      node.certificates.push(...effect.certificates)
      postLater(world, node, { kind: 'votes-recorded', votes })
    },
    'send-vote': (node, { vote, to }) =>
      multicast(world, node, to, { kind: 'vote-received', from: node.index, vote }),
    'send-proposal': (node, { blockId, vote, justification, to }) => {
      const block = node.core.blocks.get(blockId)?.block ?? node.bodies.get(blockId)
      if (block === undefined) return
      const proposal = { block, vote, justification }
      multicast(world, node, to, { kind: 'proposal-received', from: node.index, proposal })
    },
    'send-certificate': (node, { certificate, to }) =>
      multicast(world, node, to, { kind: 'certificate-received', from: node.index, certificate }),
    'send-status': (node, { status, to }) =>
      multicast(world, node, to, { kind: 'status-received', from: node.index, status }),
    'push-batches': (node, { batchIds, to }) => {
      for (const index of to) {
        const other = world.nodes[index] as WorldNode
        for (const id of batchIds) {
          const held = node.batches.get(id)
          if (held !== undefined) world.send(node, other, () => world.hold(other, held))
        }
      }
    },
    'report-evidence': (_, { first, second }) => world.onEvidence(first, second),
    'raise-alarm': (node, { code }) => void node.alarms.push(code),
    penalise: () => undefined
  }
}

function checkingEffects(
  world: WorldPorts
): Pick<WorldEffects, 'set-timer' | 'cancel-timer' | 'verify-votes' | 'verify-certificate'> {
  return {
    'set-timer': (node, { timer, view, delayMs }) => {
      const name = `${timer}/${view}`
      const { incarnation } = node
      const entry = world.later(delayMs, () => {
        if (node.incarnation !== incarnation || node.timers.get(name) !== entry) return
        node.timers.delete(name)
        world.post(node, { kind: 'timer-fired', timer, view })
      })
      node.timers.set(name, entry)
    },
    'cancel-timer': (node, { timer, view }) => void node.timers.delete(`${timer}/${view}`),
    'verify-votes': (node, { votes }) => {
      const genuine = votes.map(() => true)
      postLater(world, node, { kind: 'votes-verified', votes, genuine })
    },
    'verify-certificate': (node, { certificate, from }) =>
      postLater(world, node, { kind: 'certificate-verified', certificate, from, isGenuine: true })
  }
}

function chainEffects(
  world: WorldPorts
): Pick<
  WorldEffects,
  | 'obtain-batches'
  | 'fetch-block'
  | 'fetch-certificates'
  | 'catch-up'
  | 'execute-block'
  | 'build-block'
  | 'commit-blocks'
  | 'confirm-block'
> {
  return {
    'obtain-batches': (node, { blockId }) => obtainBatches(world, node, blockId),
    'fetch-block': (node, { blockId, from }) => {
      for (const index of from) fetchBlock(world, node, { blockId, from: index })
    },
    'fetch-certificates': (node, effect) => {
      for (const index of effect.from) fetchCertificates(world, node, { ...effect, from: index })
    },
    'catch-up': (node) => catchUp(world, node),
    'execute-block': (node, { blockId }) => {
      node.bodies.set(blockId, node.core.blocks.get(blockId)?.block as Block)
      postLater(world, node, { kind: 'block-executed', blockId, isValid: true, isSealDue: false })
    },
    'build-block': (node, effect) => {
      const block = buildBlock(world, node, effect)
      postLater(world, node, { kind: 'block-built', view: effect.view, block, isSealDue: false })
    },
    'commit-blocks': (node, { blockIds, finalisation }) => {
      for (const id of blockIds) {
        const block = node.core.blocks.get(id)?.block as Block
        node.bodies.set(id, block)
        node.chain.push({ id, view: block.header.view, certificate: finalisation })
      }
      const blockId = blockIds[blockIds.length - 1] as BlockId
      postLater(world, node, { kind: 'blocks-committed', blockId })
    },
    'confirm-block': () => undefined
  }
}

/** News of the work that an effect asked for; a crash in between loses it. */
function postLater(world: WorldPorts, node: WorldNode, news: News, delayMs = 1): void {
  const { incarnation } = node
  world.later(delayMs, () => {
    if (node.incarnation === incarnation) world.post(node, news)
  })
}

function multicast(
  world: WorldPorts,
  from: WorldNode,
  to: 'all' | readonly MemberIndex[],
  news: News
): void {
  for (const other of world.nodes) {
    if (other === from || (to !== 'all' && !to.includes(other.index))) continue
    world.send(from, other, () => world.post(other, news))
  }
}

function buildBlock(world: WorldPorts, node: WorldNode, effect: EffectOf<'build-block'>): Block {
  const parent = node.core.blocks.get(effect.parentId)?.block ?? node.bodies.get(effect.parentId)
  const batches = effect.batchIds.map((id) => node.batches.get(id)?.reference as BatchReference)
  const block = createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: new Uint8Array(32),
      epoch: 0 as Epoch,
      view: effect.view,
      parentId: fromHex(effect.parentId) as Uint8Array,
      parentView: effect.parentView,
      height: ((parent?.header.height ?? 0) + 1) as Height,
      timeMs: 1_000_000 + world.nowMs(),
      batchListRoot: batchListRoot(batches),
      stateRoot: new Uint8Array(32),
      receiptsRoot: new Uint8Array(32),
      transactionCount: batches.length,
      electorateHash: world.electorate.hash,
      seal: null
    },
    batches
  )
  node.bodies.set(block.id, block)
  return block
}

/** Batches are empty, so whoever sees a reference has the batch. */
function obtainBatches(world: WorldPorts, node: WorldNode, blockId: BlockId): void {
  const block = node.core.blocks.get(blockId)?.block
  if (block === undefined) return
  for (const reference of block.batches)
    if (!node.batches.has(reference.id))
      node.batches.set(reference.id, {
        id: reference.id,
        authorIndex: reference.authorIndex as MemberIndex,
        priority: 2,
        bytes: 300,
        count: 1,
        reference
      })
  postLater(world, node, { kind: 'block-available', blockId }, 1 + world.random(60))
}

function fetchBlock(
  world: WorldPorts,
  node: WorldNode,
  { blockId, from }: { readonly blockId: BlockId; readonly from: MemberIndex }
): void {
  const other = world.nodes[from] as WorldNode
  world.send(node, other, () => {
    const block = other.bodies.get(blockId) ?? other.core.blocks.get(blockId)?.block
    if (block !== undefined && other.isUp)
      world.send(other, node, () => world.post(node, { kind: 'block-received', block }))
  })
}

function fetchCertificates(
  world: WorldPorts,
  node: WorldNode,
  asked: Pick<EffectOf<'fetch-certificates'>, 'first' | 'last'> & { readonly from: MemberIndex }
): void {
  const other = world.nodes[asked.from] as WorldNode
  const answer = (certificate: Certificate): void =>
    world.send(other, node, () =>
      world.post(node, { kind: 'certificate-received', from: other.index, certificate })
    )
  world.send(node, other, () => {
    for (const [view, held] of other.core.certificates) {
      if (view < asked.first || view > asked.last) continue
      for (const certificate of [held.notarisation, held.nullification, held.finalisation])
        if (certificate !== null) answer(certificate)
    }
  })
}
