/**
 * The flooder: batches, questions, statuses and votes, again and again, at a rate that only annoys.
 *
 * @module
 */

import {
  encodeFetchRequest,
  encodeNodeStatus,
  type FetchRequest
} from '../../../node/sync/sync-message.ts'
import {
  type BatchHeader,
  batchSigningBytes,
  decodeBatch,
  decodeTransaction,
  encodeBatch,
  encodeBatchHeader,
  encodeStatusMessage,
  listLeafHash,
  listRootOfLeaves,
  type Priority,
  transactionLeaf,
  transactionPriority,
  type View
} from '../../../protocol/index.ts'
import { coreOf, flipped, junk, readOwn } from './own-view.ts'
import type { Hands, HeardMessage, SentMessage, Vice } from './vice.ts'

/** What it has to throw with. */
interface Stock {
  /** Transactions that others brought. */
  readonly wires: Uint8Array[]
  /** What it said itself. */
  readonly said: Uint8Array[]
  sequence: number
}

type Throw = (hands: Hands, stock: Stock, to: string) => void

const PAUSE_MS = 250
const STOCK_MAX = 64
const JUNK_MAX_BYTES = 600
const STATUS_AT_ONCE = 4
const VOTES_AT_ONCE = 12
const NO_LEAF = new Uint8Array(32)

const THROWS: Readonly<Record<string, Throw>> = {
  'junk-batch': (hands, stock, to) =>
    pushBatch(hands, to, {
      stock,
      wires: [junk(hands.dice, 1 + hands.dice.below(JUNK_MAX_BYTES))]
    }),
  'repeated-batch': (hands, stock) => {
    const wires = Array.from({ length: hands.dice.between(1, 8) }, () =>
      hands.dice.pick(stock.wires)
    )
    // Each gets another one: what a leader holds of them, all others must fetch.
    for (const to of hands.others) pushBatch(hands, to, { stock, wires })
  },
  'faulty-batch': (hands, stock, to) => {
    const { dice } = hands
    pushBatch(hands, to, { stock, wires: [flipped(dice, dice.pick(stock.wires))] })
  },
  'raw-junk': (hands, _, to) => {
    const bytes = junk(hands.dice, 1 + hands.dice.below(JUNK_MAX_BYTES))
    hands.push(hands.dice.pick(['votes', 'batches']), to, bytes)
  },
  questions: (hands, _, to) => ask(hands, to),
  statuses: (hands, _, to) => pushStatuses(hands, to),
  votes: (hands, { said }, to) => {
    for (const message of said.slice(-VOTES_AT_ONCE)) hands.push('votes', to, message)
  }
}

const THROW_NAMES = Object.keys(THROWS)

/** A fresh one. */
export function createFlooder(): Vice {
  const stock: Stock = { wires: [], said: [], sequence: 0 }
  return {
    name: 'flooder',
    send: (hands, sent) => {
      keepSaid(hands, sent, stock)
      return [sent.message]
    },
    hear: (_, heard) => {
      keepWires(heard, stock)
      return true
    },
    start: (hands) => hands.every(PAUSE_MS, () => throwOne(hands, stock))
  }
}

function throwOne(hands: Hands, stock: Stock): void {
  const { dice, others } = hands
  if (stock.wires.length === 0) return
  const name = dice.pick(THROW_NAMES)
  hands.mark(name)
  ;(THROWS[name] as Throw)(hands, stock, dice.pick(others))
}

function keepSaid(hands: Hands, { protocol, message }: SentMessage, { said }: Stock): void {
  if (protocol !== 'votes' || said.at(-1) === message) return
  if (readOwn(hands, message)?.kind !== 'vote') return
  said.push(message)
  if (said.length > STOCK_MAX) said.shift()
}

function keepWires({ protocol, message }: HeardMessage, { wires }: Stock): void {
  if (protocol !== 'batches') return
  wires.push(...(decodeBatch(message)?.transactions ?? []))
  wires.splice(0, Math.max(0, wires.length - STOCK_MAX))
}

/** A batch of its own that is signed as it should be, whatever is in it. */
function pushBatch(
  hands: Hands,
  to: string,
  { stock, wires }: { readonly stock: Stock; readonly wires: readonly Uint8Array[] }
): void {
  const { founding, index, timeMs } = hands
  const { networkTag } = founding
  const { electorate } = hands
  const read = wires.map((wire) => decodeTransaction(wire, networkTag))
  const leaves = read.map((one) => (one.ok ? listLeafHash(transactionLeaf(one.value)) : NO_LEAF))
  const [first] = read
  const header: BatchHeader = {
    author: electorate.seats[index]?.memberId ?? NO_LEAF,
    authorSequence: ++stock.sequence,
    priority: first?.ok === true ? transactionPriority(first.value) : (2 as Priority),
    receivedAtMs: timeMs(),
    height: hands.replica().keeper.tip.height,
    transactionsRoot: listRootOfLeaves(leaves),
    count: wires.length,
    bytes: wires.reduce((sum, { length }) => sum + length, 0)
  }
  const headerBytes = encodeBatchHeader(header)
  const signature = {
    algorithm: 'Ed25519' as const,
    signature: hands.sign(batchSigningBytes(networkTag, headerBytes))
  }
  hands.push('batches', to, encodeBatch({ headerBytes, signature, transactions: wires }))
}

function ask(hands: Hands, to: string): void {
  const { dice } = hands
  const { finalView, blocks, pendingBatches } = coreOf(hands)
  const { height } = hands.replica().keeper.tip
  const [block] = blocks.keys()
  const [batch] = pendingBatches.keys()
  const requests: FetchRequest[] = [
    { kind: 'final-blocks', from: Math.max(1, height - dice.below(64)), count: 64 },
    { kind: 'certificates', first: 0, last: finalView + 1_000 }
  ]
  if (block !== undefined) requests.push({ kind: 'block', id: block })
  if (batch !== undefined) requests.push({ kind: 'batches', ids: [batch, batch] })
  hands.ask('fetch', to, encodeFetchRequest(dice.pick(requests)))
  hands.ask('fetch', to, junk(dice, 40))
  hands.ask('submit', to, junk(dice, 300))
  hands.ask('status', to, encodeNodeStatus({ height: 2 ** 40, view: 0, isMember: true }))
}

/** Questions of one who claims to know nothing: each is answered with all that it has missed. */
function pushStatuses(hands: Hands, to: string): void {
  const { epoch } = hands.electorate
  const message = encodeStatusMessage({
    epoch,
    view: 0 as View,
    finalView: 0 as View,
    height: 0,
    pendingBatches: 0,
    latestVoteOfYours: null,
    instance: coreOf(hands).instance,
    hasTwin: false,
    isQuestion: true
  })
  for (let count = 0; count < STATUS_AT_ONCE; count++) hands.push('votes', to, message)
}
