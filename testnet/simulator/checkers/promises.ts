/**
 * Promises to clients: what was answered is true, durable, and stays so.
 *
 * I6 final and accepted answers, I7 device sequences, I10 proofs and reads that
 * never go back, L1 and L2 after everything was mended.
 *
 * @module
 */

import { batchKey, blockKey } from '../../../node/ledger/keyspace.ts'
import type { Replica } from '../../../node/replica.ts'
import {
  batchIdOf,
  decodeAcceptedReceipt,
  decodeBlockHeader,
  decodeReceiptProof,
  fromHex,
  isCounting,
  judgeReceipt,
  toHex
} from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import type { AgreementChecker } from './agreement.ts'
import { type Checker, expectKept } from './checker.ts'
import type { LedgerRecord } from './ledger-record.ts'
import { SaidChains } from './said-chains.ts'
import { isDurable } from './signatures.ts'

/** New heights that must follow within a minute of mending. */
const HEIGHTS_AFTER_HEALING = 10
const HEALED_WITHIN_MS = 60_000
/** How long after mending whatever was handed in before must be final. */
const FINAL_WITHIN_MS = 30_000
/** What was final somewhere so long before the end must be final everywhere in the end. */
const SPREAD_MS = 3_000

/** Watches answers. */
export class PromiseChecker implements Checker {
  readonly #agreement: AgreementChecker
  readonly #record: LedgerRecord
  readonly #final = new Map<string, number>()
  #heightAtHeal: number | null = null
  /** What was final somewhere shortly before the end: by then it must be final everywhere. */
  #heightBeforeEnd: number | null = null
  #progressAtMs: number | null = null

  constructor(agreement: AgreementChecker, record: LedgerRecord) {
    this.#agreement = agreement
    this.#record = record
  }

  /** A client was told that a transaction is final. */
  onFinal(node: SimNode, id: string, height: number): void {
    const folder = node.disk.database(node.path('ledger'))
    expectKept(
      'I6',
      folder !== undefined && isDurable(folder, blockKey(height)),
      () => `node ${node.index} said final of height ${height} before that was durable`
    )
    const before = this.#final.get(id)
    expectKept(
      'I6',
      before === undefined || before === height,
      () => `${id.slice(0, 8)} was said to be final at ${before} and at ${height}`
    )
    this.#final.set(id, height)
  }

  /** A client was given a receipt that a node holds it durably in a batch of its own. */
  onAccepted(node: SimNode, id: string, receipt: Uint8Array): void {
    const folder = node.disk.database(node.path('ledger'))
    const read = decodeAcceptedReceipt(receipt)
    expectKept(
      'I6',
      folder !== undefined &&
        read !== undefined &&
        isDurable(folder, batchKey(batchIdOf(read.headerBytes))),
      () => `node ${node.index} accepted ${id.slice(0, 8)} before that was durable`
    )
  }

  afterEvent(world: World): void {
    if (!world.isHealed) return
    this.#heightAtHeal ??= this.#agreement.height
    if (world.nowMs >= world.plan.endMs - SPREAD_MS)
      this.#heightBeforeEnd ??= this.#agreement.height
    if (
      this.#progressAtMs === null &&
      this.#agreement.height >= this.#heightAtHeal + HEIGHTS_AFTER_HEALING
    )
      this.#progressAtMs = world.nowMs
  }

  atEnd(world: World): void {
    this.#expectLiveness(world)
    for (const [id, height] of this.#final) {
      const counts = this.#record.heightOf(id)
      expectKept(
        'I6',
        counts === undefined || counts === height,
        () => `${id.slice(0, 8)} was said to be final at ${height}, and counts at ${counts}`
      )
      this.#expectKeptEverywhere(world, id, height)
    }
    for (const node of world.honest) this.#expectSequences(world, node)
  }

  #expectLiveness(world: World): void {
    const { healMs, endMs } = world.plan
    const progressMs = (this.#progressAtMs ?? Number.POSITIVE_INFINITY) - healMs
    const isLongEnough = endMs - healMs >= HEALED_WITHIN_MS
    // A run that is over before the time allowed is over proves nothing of it.
    // Where everybody has what they asked for, there is nothing to make heights of.
    const isQuiet = world.clients.open.every(
      ({ submittedAtMs }) => submittedAtMs > endMs - FINAL_WITHIN_MS
    )
    expectKept(
      'L1',
      !isLongEnough || isQuiet || progressMs <= HEALED_WITHIN_MS,
      () => `${progressMs} ms until ten new heights`
    )
    for (const node of world.honest) {
      if (!isLongEnough) continue
      const behind = (this.#heightBeforeEnd ?? 0) - (node.replica?.keeper.tip.height ?? 0)
      expectKept('L1', behind <= 0, () => `node ${node.index} is ${behind} heights behind`)
    }
    for (const { id, submittedAtMs, final } of world.clients.told.values()) {
      if (submittedAtMs > world.plan.endMs - FINAL_WITHIN_MS) continue
      const dueMs = Math.max(submittedAtMs, healMs) + FINAL_WITHIN_MS
      const isInTime = final !== null && final.atMs <= dueMs
      expectKept(
        'L2',
        isInTime,
        () => `${id.slice(0, 8)}, handed in at ${submittedAtMs}, due ${dueMs}`
      )
    }
  }

  /**
   * What was answered final is found at its height on every honest node that has not forgotten it,
   * and its receipt holds.
   */
  #expectKeptEverywhere(world: World, id: string, height: number): void {
    const { networkTag } = world.founding
    for (const node of world.honest) {
      const { replica } = node
      if (replica === null || !isKept(world, replica, height)) continue
      const transactionId = fromHex(id) as Uint8Array
      const status = world.read(() => replica.archive.statusOf(transactionId))
      if (status === undefined) continue
      expectKept(
        'I6',
        status?.height === height,
        () => `node ${node.index} has lost ${id.slice(0, 8)}, final at ${height}`
      )
      const receipt = world.read(() => replica.archive.receipt(transactionId)) ?? null
      const proof = receipt === null ? undefined : decodeReceiptProof(receipt)
      const header = proof && decodeBlockHeader(proof.finality.headerBytes)
      if (proof === undefined || header === undefined) continue
      const electorate = world.electorateOf(header.epoch)
      expectKept(
        'I10',
        judgeReceipt(proof, { networkTag, electorate }).ok,
        () => `node ${node.index} gives a false receipt for ${id.slice(0, 8)}`
      )
    }
  }

  /** Each transaction counts once, and what each device says goes on from what it said. */
  #expectSequences(world: World, { index, replica }: SimNode): void {
    if (replica === null) return
    const counted = new Set<string>()
    const chains = new SaidChains(world.founding.networkTag)
    for (let height = 1; height <= replica.keeper.tip.height; height++) {
      const stored = world.read(() => replica.archive.block(height))
      const transactions = stored && world.read(() => replica.archive.transactionsOf(stored))
      if (transactions == null) chains.breakOff()
      for (const [place, { id, body }] of (transactions ?? []).entries()) {
        const outcome = stored?.outcomes[place]
        if (outcome === undefined || !isCounting(outcome)) continue
        const name = toHex(id)
        expectKept(
          'I7',
          !counted.has(name),
          () => `node ${index}: ${name.slice(0, 8)} counts twice`
        )
        counted.add(name)
        const complaint = chains.note(id, body)
        expectKept('I7', complaint === undefined, () => `node ${index}: ${complaint}`)
      }
    }
  }
}

/** Whether a node has a height with all that stood in it. */
function isKept(world: World, { keeper, archive }: Replica, height: number): boolean {
  const from = world.read(() => archive.batchesFrom) ?? Number.POSITIVE_INFINITY
  return from <= height && height <= keeper.tip.height
}
