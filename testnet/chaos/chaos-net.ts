/**
 * A network under chaos: real nodes, a light load, and the checker that watches both.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { genesisElectorate, toHex } from '../../protocol/index.ts'
import type { WantedTestnet } from '../founding/prepare.ts'
import { type LiveNet, openLiveNet } from '../live/live-net.ts'
import { claimDevices, type LiveDevice } from '../live/spoken.ts'
import type { LinkConditions } from '../relay/link-conditions.ts'
import { ChaosNode } from './chaos-node.ts'
import { Checker } from './checker.ts'
import { inspectNet } from './inspect-net.ts'
import { readLedgerVotes } from './ledger-reader.ts'
import { ChaosLoad } from './load.ts'
import { expect, type Figures } from './row.ts'
import type { UndoStack } from './undo-stack.ts'
import { VoteLogReader } from './vote-log-reader.ts'
import { waitUntil, within } from './waiting.ts'

/** What a row wants of its network. */
export interface ChaosNetWish extends Pick<WantedTestnet, 'relayEveryLink' | 'settingsOf'> {
  /** Devices that speak; default 4. */
  readonly devices?: number
  /** Devices of the row's own, which say nothing by themselves; default 0. */
  readonly spareDevices?: number
  /** Pause of each device between two messages; default 150. */
  readonly pauseMs?: number
  /** Bytes of no meaning in each message, to make traffic; default 0. */
  readonly ballastBytes?: number
}

const MEMBERS = 4
const DEVICES = 4
const PAUSE_MS = 150
const WATCH_MS = 1_000
/** Copies of vote logs are made this often, long before LevelDB begins a new log. */
const COPY_EVERY_WATCHES = 12
const OPEN_MAX_MS = 90_000
const MORE_MAX_MS = 60_000
const CLOSE_MAX_MS = 30_000

/** One network with everything around it. */
export class ChaosNet {
  readonly nodes: readonly ChaosNode[]
  readonly load: ChaosLoad
  readonly checker: Checker
  readonly home: string
  readonly spares: readonly LiveDevice[]
  readonly #net: LiveNet
  /** The node that has a member's seat. */
  readonly #nodeOf: (member: number) => number
  readonly #readers: readonly VoteLogReader[]
  readonly #takenEnds = new Set<number>()
  #watching: Promise<void> | undefined
  #isOver = false

  /** For {@link openChaosNet} alone. */
  constructor(net: LiveNet, devices: readonly LiveDevice[], wish: ChaosNetWish) {
    this.#net = net
    this.home = net.home
    this.checker = new Checker()
    this.nodes = net.nodes.map(
      (node) =>
        new ChaosNode(node, {
          cluster: net.cluster,
          home: net.home,
          takeEnd: (slug) => this.#takeEnd(slug),
          beforeStart: (index) => this.#copyIfReadable(index)
        })
    )
    const seats = genesisElectorate(net.genesis).seats.map(({ memberId }) => toHex(memberId))
    this.#nodeOf = (member) => this.nodes.findIndex(({ memberId }) => memberId === seats[member])
    this.#readers = this.#createReaders()
    const talking = wish.devices ?? DEVICES
    this.spares = devices.slice(talking)
    this.load = new ChaosLoad(
      {
        devices: devices.slice(0, talking),
        urls: this.nodes.map(({ url }) => url),
        pauseMs: wish.pauseMs ?? PAUSE_MS,
        ballastBytes: wish.ballastBytes ?? 0
      },
      {
        onFinal: (id, place) => this.checker.noteFinal(id, place),
        onFault: (fault) => this.checker.noteFault(fault)
      }
    )
  }

  /** A node by its number. */
  node(index: number): ChaosNode {
    const node = this.nodes[index]
    expect(node !== undefined, `there is no node ${index}`)
    return node
  }

  /** All nodes but some. */
  others(...indexes: readonly number[]): readonly ChaosNode[] {
    return this.nodes.filter(({ index }) => !indexes.includes(index))
  }

  /** Starts the load and the watch over heights and vote logs. */
  start(): void {
    this.load.start()
    this.#watching = this.#watch()
    // Whoever ends the watch hears of it.
    this.#watching.catch(() => undefined)
  }

  /** Waits until so many messages more are final. */
  async moreFinal(count: number, withinMs: number = MORE_MAX_MS): Promise<number> {
    const before = this.load.finalCount
    const { tookMs } = await waitUntil({
      what: `${count} messages more to be final`,
      withinMs,
      ask: () => (this.load.finalCount >= before + count ? true : undefined)
    })
    return tookMs
  }

  /** Waits until every node is linked to every other. */
  async awaitWhole(withinMs: number = MORE_MAX_MS): Promise<number> {
    const { tookMs } = await waitUntil({
      what: 'every node to be linked to every other',
      withinMs,
      ask: async () => {
        const views = await Promise.all(this.nodes.map((node) => node.view()))
        return views.every((view) => view?.missingMembers.length === 0) ? true : undefined
      }
    })
    return tookMs
  }

  /** Changes what bytes meet on their way from one node to another, whoever dialled. */
  setLink(from: number, to: number, conditions: Partial<LinkConditions>): void {
    const dialled = this.#net.cluster.relay(from, to)
    const answered = this.#net.cluster.relay(to, from)
    expect(dialled !== undefined && answered !== undefined, 'the network was opened with relays')
    dialled.setConditions('forward', conditions)
    answered.setConditions('backward', conditions)
  }

  /** Changes both ways between two groups of nodes. */
  setLinksBetween(
    left: readonly number[],
    right: readonly number[],
    conditions: Partial<LinkConditions>
  ): void {
    for (const from of left)
      for (const to of right) {
        this.setLink(from, to, conditions)
        this.setLink(to, from, conditions)
      }
  }

  /**
   * Reads what a node's vote log holds now; before anything is done to it.
   *
   * @returns how many votes were not seen before
   */
  async copyVotes(index: number): Promise<number> {
    const copy = await this.#readers[index]?.read()
    if (copy === undefined) return 0
    this.checker.addVoteLog(copy)
    return copy.writes.reduce((sum, { votes }) => sum + votes.length, 0)
  }

  /**
   * Ends the load, lets the checker look at everything, and kills the nodes.
   *
   * @returns how much was checked
   */
  async judge(): Promise<Figures> {
    await within('the load to end', CLOSE_MAX_MS, this.load.stop())
    await inspectNet(this)
    await this.judgeVotes()
    for (const [place, { slug, exit }] of this.#net.ends.entries())
      if (!this.#takenEnds.has(place))
        this.checker.noteFault(
          `${slug} ended by itself: ${exit.signal ?? `exit code ${exit.code}`}`
        )
    const { finals, votes, certified } = this.checker.counts
    return { finals: `${finals}`, votes: `${votes}+${certified}` }
  }

  /** Names the nodes that ended though nobody had expected it, and what they said at last. */
  judgeEnds(): void {
    for (const [place, { slug, exit }] of this.#net.ends.entries()) {
      if (this.#takenEnds.has(place)) continue
      const lines = this.nodes.find((node) => node.slug === slug)?.unexpectedErrors() ?? []
      const how = exit.signal ?? `exit code ${exit.code}`
      this.checker.noteFault(`${slug} ended by itself: ${how}: ${lines.at(-1) ?? ''}`)
    }
  }

  /** Kills the nodes and judges all votes that they ever signed. */
  async judgeVotes(): Promise<void> {
    this.#isOver = true
    await within('the watch to end', CLOSE_MAX_MS, this.#watching ?? Promise.resolve())
    await within(
      'the nodes to be killed',
      CLOSE_MAX_MS,
      Promise.all(this.nodes.map((node) => node.kill()))
    )
    for (const { index } of this.nodes) await this.copyVotes(index)
    try {
      for (const { index, dataFolder } of this.nodes)
        this.checker.addLedger(index, await readLedgerVotes(dataFolder, this.#nodeOf))
    } finally {
      this.checker.judgeSentVotes()
    }
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isOver = true
    const ending = [this.load.stop(), this.#watching]
    await this.#net.close()
    await within('load and watch to end', CLOSE_MAX_MS, Promise.allSettled(ending))
  }

  #createReaders(): readonly VoteLogReader[] {
    const scratchFolder = join(this.home, 'copies')
    mkdirSync(scratchFolder, { recursive: true })
    return this.nodes.map(
      ({ index, dataFolder }) =>
        new VoteLogReader({ node: index, dataFolder, nodeOf: this.#nodeOf, scratchFolder })
    )
  }

  #takeEnd(slug: string): LiveNet['ends'][number]['exit'] | undefined {
    const place = this.#net.ends.findIndex(
      (end, index) => end.slug === slug && !this.#takenEnds.has(index)
    )
    if (place < 0) return undefined
    this.#takenEnds.add(place)
    return this.#net.ends[place]?.exit
  }

  async #watch(): Promise<void> {
    for (let round = 1; !this.#isOver; round++) {
      await Promise.all(
        this.nodes.map(async (node) => {
          const seen = node.isUp ? await node.view() : undefined
          if (seen !== undefined) this.checker.noteHeight(node.index, seen.height)
        })
      )
      if (round % COPY_EVERY_WATCHES === 0) await this.#copyAllVotes()
      await sleep(WATCH_MS)
    }
  }

  async #copyAllVotes(): Promise<void> {
    for (const { index, isUp } of this.nodes) if (isUp) await this.#copyIfReadable(index)
  }

  /** A log that is damaged or moved meanwhile is passed over: the next copy tells what is missing. */
  async #copyIfReadable(index: number): Promise<void> {
    await this.copyVotes(index).catch(() => undefined)
  }
}

/** Opens a network, brings its devices onto the ledger and starts the load. */
export async function openChaosNet(wish: ChaosNetWish, undo: UndoStack): Promise<ChaosNet> {
  const { relayEveryLink = false, settingsOf = () => ({}) } = wish
  const net = await within(
    'a network of four to be ready',
    OPEN_MAX_MS,
    openLiveNet(MEMBERS, 0, { relayEveryLink, settingsOf })
  )
  undo.push({ what: `the network in ${net.home}`, run: () => net.close() })
  const devices = await claimDevices(net, (wish.devices ?? DEVICES) + (wish.spareDevices ?? 0))
  const chaos = new ChaosNet(net, devices, wish)
  undo.push({ what: 'the load', run: () => chaos.close() })
  chaos.start()
  await chaos.moreFinal(MEMBERS)
  return chaos
}
