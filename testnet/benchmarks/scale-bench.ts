/**
 * How the cost of a block grows with the number of members, up to more than one machine can run.
 *
 * The product's own replicas with real signatures run on a virtual clock; what their messages would
 * cost on sockets is measured on this machine in the same run and added. The simulator hands gossip
 * to every peer once, so from the number of members on at which batches are gossiped their bytes are
 * the least that they can be.
 *
 * @module
 */

import { decodeMemberMessage, invariant, type MemberIndex } from '../../protocol/index.ts'
import { Agenda } from '../simulator/virtual/agenda.ts'
import { rest } from '../simulator/virtual/rest.ts'
import { fixed, type Row, section, times, whole } from './bench-text.ts'
import { type Benchmark, countOf, countsOf, ratiosOf } from './benchmark.ts'
import { type LinkCost, measureLinkCost } from './link-cost.ts'
import { boundOf, measureVerification } from './signature-bound.ts'
import { openSimNet } from './sim-net.ts'

/** What one size of network costs; everything is for one block and one node. */
interface ScaleFigures {
  readonly members: number
  readonly blocks: number
  readonly transactions: number
  /** Messages that it sends on direct streams: votes, proposals, certificates, batches. */
  readonly messages: number
  /** All that it sends, gossip and answers too. */
  readonly bytes: number
  /** As much as two votes of every member to every other would be, and nothing else. */
  readonly voteBytes: number
  /** Processor time of the replica: it executes, signs, verifies, encodes. */
  readonly replicaUs: number
  /** Processor time that its messages cost, sent and received. */
  readonly linkUs: number
  readonly cpuUs: number
  /** The signatures that nobody can do without: two quorums of votes, and the transactions. */
  readonly signatures: number
  readonly signaturesUs: number
  readonly toSignatures: number
  readonly toVoteBytes: number
}

const PAUSE_MS = 100
const SETTLE_BLOCKS = 3
/** The program is compiled while it runs: what comes first is slow. */
const WARM_UP_BLOCKS = 200
const EMPTY_EVENTS = 20_000
const VOTES_PER_BLOCK = 2

/** Bytes and processor time of a block at each node. */
export const scaleBenchmark: Benchmark = {
  name: 'scale',
  about: 'bytes and processor time of a block at each node, for many members (simulated)',
  flags: [
    {
      kind: 'counts',
      name: 'members',
      about: 'of one network after the other',
      fallback: [4, 7, 10, 16, 31, 64, 100],
      range: [4, 200]
    },
    { kind: 'count', name: 'blocks', about: 'measured of each', fallback: 20, range: [1, 10_000] }
  ],
  measure: async (wish, { note }) => {
    note('scale: what a signature, a message and an empty event cost')
    const bound = boundOf([await measureVerification()], 1)
    const link = await measureLinkCost()
    const eventUs = await measureEmptyEvent()
    const costs = { verifyUs: bound.verifyUs, link, eventUs }
    note('scale: warming up')
    await measureSize({ members: 4, blocks: WARM_UP_BLOCKS }, costs)
    const runs: ScaleFigures[] = []
    for (const members of countsOf(wish, 'members')) {
      note(`scale: ${members} members`)
      const size = { members, blocks: countOf(wish, 'blocks') }
      runs.push(await measureSize(size, costs))
    }
    return {
      valid: runs.every(({ blocks }) => blocks > 0),
      disturbed: false,
      remarks: [],
      ratios: ratiosOf(
        Object.fromEntries(
          runs.flatMap(({ members, toSignatures, toVoteBytes }) => [
            [`processor ÷ signatures owed, n = ${members}`, [toSignatures, 'lower']] as const,
            [`bytes ÷ two votes to all, n = ${members}`, [toVoteBytes, 'lower']] as const
          ])
        )
      ),
      lines: linesOf(runs, costs),
      figures: { verifyUs: bound.verifyUs, link, emptyEventUs: eventUs, runs }
    }
  }
}

interface Costs {
  readonly verifyUs: number
  readonly link: LinkCost
  /** What the simulator itself takes for an event. */
  readonly eventUs: number
}

async function measureSize(
  { members, blocks }: { readonly members: number; readonly blocks: number },
  { verifyUs, link, eventUs }: Costs
): Promise<ScaleFigures> {
  let messages = 0
  let streamBytes = 0
  let bytes = 0
  let oneVote = 0
  const net = openSimNet(
    { members, pauseMs: PAUSE_MS },
    {
      onLeave: (protocol, message) => {
        messages++
        streamBytes += message.length
        // Until the first one is seen: looking at each would be in the figures.
        if (oneVote === 0 && protocol === 'votes' && isVote(message)) oneVote = message.length
      },
      onCarried: (message) => {
        bytes += message.length
      }
    }
  )
  const { chains } = net.world.founding
  await net.runUntil('the first message to be final', () => {
    const [said] = chains[0] ?? []
    return said !== undefined && net.node.replica?.archive.statusOf(said.id)?.stage === 'final'
  })
  await net.runUntil('blocks', heightPast(net.height, SETTLE_BLOCKS))
  ;[messages, streamBytes, bytes] = [0, 0, 0]
  const first = net.height()
  const eventsBefore = net.world.events
  const cpuBefore = process.cpuUsage()
  await net.runUntil('blocks', heightPast(net.height, blocks))
  const { user, system } = process.cpuUsage(cpuBefore)
  const made = net.height() - first
  const each = (sum: number): number => sum / made / members
  const transactions = (await countTransactions(net, [first + 1, first + made])) / made
  const simulatorUs = eventUs * (net.world.events - eventsBefore)
  const replicaUs = Math.max(0, each(user + system - simulatorUs))
  const linkUs = each(link.messageUs * messages + (link.kilobyteUs * streamBytes) / 1_000)
  const { replica } = net.node
  invariant(replica !== null, 'in fair weather every node is up')
  const signatures = VOTES_PER_BLOCK * replica.electorate.quorumWeight + transactions
  const signaturesUs = verifyUs * signatures
  const voteBytes = VOTES_PER_BLOCK * (members - 1) * oneVote
  return {
    members,
    blocks: made,
    transactions,
    messages: each(messages),
    bytes: each(bytes),
    voteBytes,
    replicaUs,
    linkUs,
    cpuUs: replicaUs + linkUs,
    signatures,
    signaturesUs,
    toSignatures: (replicaUs + linkUs) / signaturesUs,
    toVoteBytes: each(bytes) / voteBytes
  }
}

function isVote(message: Uint8Array): boolean {
  return decodeMemberMessage(message, 0 as MemberIndex)?.kind === 'vote'
}

function heightPast(height: () => number, blocks: number): () => boolean {
  const wanted = height() + blocks
  return () => height() >= wanted
}

async function countTransactions(
  { node }: ReturnType<typeof openSimNet>,
  [from, to]: readonly [number, number]
): Promise<number> {
  let count = 0
  for (let height = from; height <= to; height++)
    count += (await node.replica?.service.block(height))?.transactionCount ?? 0
  return count
}

/** Processor time of an event at which nothing happens. */
async function measureEmptyEvent(): Promise<number> {
  const agenda = new Agenda()
  const before = process.cpuUsage()
  for (let event = 0; event < EMPTY_EVENTS; event++) {
    agenda.enter(event, () => undefined)
    agenda.takeNext(event)?.run()
    await rest()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / EMPTY_EVENTS
}

function linesOf(runs: readonly ScaleFigures[], costs: Costs): readonly string[] {
  const { verifyUs, link, eventUs } = costs
  return [
    ...section('Costs on this machine', [
      ['a signature', `${fixed(verifyUs, 1)} µs to verify`],
      [
        'a message',
        `${fixed(link.messageUs, 1)} µs and ${fixed(link.kilobyteUs, 1)} µs a kilobyte, sent and received`
      ],
      ['the simulator', `${fixed(eventUs, 1)} µs an event, which is taken off`]
    ]),
    ...section('A block at each node', runs.map(rowOf))
  ]
}

function rowOf(run: ScaleFigures): Row {
  const { members, messages, bytes, cpuUs, replicaUs, linkUs } = run
  return [
    `n = ${members}`,
    `${whole(messages)} messages, ${whole(bytes)} bytes (${times(run.toVoteBytes)} of two votes to all); ${whole(cpuUs)} µs (replica ${whole(replicaUs)}, links ${whole(linkUs)}), ${times(run.toSignatures)} of ${fixed(run.signatures, 1)} signatures`
  ]
}
