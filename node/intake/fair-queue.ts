/**
 * The fair queue: who is let in next when not all can be.
 *
 * Governance goes before control and control before telemetry. Inside a priority each share is
 * served in proportion to its weight (start-time fair queuing: whoever was served least for its
 * weight is next), inside a share the source that was served least recently, and what one source
 * says in the order in which it came. When the queue is full the share that is longest for its
 * weight loses its last.
 *
 * @module
 */

import type { Priority } from '../../protocol/index.ts'
import { RecentMarks } from './recent-marks.ts'
import type { Share } from './share.ts'

/** Shares whose service is remembered after they have nothing waiting any more. */
const SHARES_REMEMBERED_MAX = 4_096
/** Sources of which is remembered when they were served. */
const SOURCES_REMEMBERED_MAX = 20_000
/** Lowest first: who loses its place when there is none left. */
const LOWEST_FIRST: readonly Priority[] = [2, 1, 0]

/** Something that waits; made by {@link FairQueue.push}. */
export interface Place<Item> {
  readonly share: Share
  readonly item: Item
}

interface Source<Item> {
  readonly name: string
  /** The turn in which it was served last. */
  servedAt: number
  readonly places: Place<Item>[]
}

interface Flow<Item> {
  readonly name: string
  readonly weight: number
  /** What it was served for its weight. */
  served: number
  /** Units that wait. */
  cost: number
  /** The least recently served first. */
  readonly sources: Source<Item>[]
  readonly sourceOf: Map<string, Source<Item>>
}

interface Rank<Item> {
  readonly flows: Map<string, Flow<Item>>
  /** Where a share begins that has had nothing waiting for a while. */
  served: number
  readonly servedOf: RecentMarks
}

/** A bounded queue that is fair to shares. */
export class FairQueue<Item> {
  readonly #max: number
  readonly #ranks: readonly Rank<Item>[] = [createRank(), createRank(), createRank()]
  readonly #servedAt = new RecentMarks(SOURCES_REMEMBERED_MAX)
  #turn = 0
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /** Whether anything of a priority waits. */
  has(priority: Priority): boolean {
    return this.#rank(priority).flows.size > 0
  }

  /** Adds one at the end of what its source has waiting; whoever loses its place for it comes back. */
  push(place: Place<Item>): Place<Item> | undefined {
    const { share } = place
    const rank = this.#rank(share.priority)
    const flow = rank.flows.get(share.name) ?? openFlow(rank, share)
    const source = flow.sourceOf.get(share.source)
    if (source === undefined) this.#addSource(flow, place)
    else source.places.push(place)
    flow.cost += share.cost
    this.#size++
    return this.#size > this.#max ? this.#evict(share.priority) : undefined
  }

  /** Takes out the next of a priority. */
  shift(priority: Priority): Place<Item> | undefined {
    const rank = this.#rank(priority)
    let next: Flow<Item> | undefined
    for (const flow of rank.flows.values())
      if (next === undefined || flow.served < next.served) next = flow
    const source = next?.sources.shift()
    const place = source?.places.shift()
    if (next === undefined || source === undefined || place === undefined) return undefined
    rank.served = next.served
    next.served += place.share.cost / next.weight
    rank.servedOf.set(next.name, next.served)
    source.servedAt = this.#serve(source.name)
    if (source.places.length > 0) next.sources.push(source)
    else next.sourceOf.delete(source.name)
    this.#release(rank, next, place)
    return place
  }

  /** Takes out one that waits no longer. */
  remove(place: Place<Item>): void {
    const rank = this.#rank(place.share.priority)
    const flow = rank.flows.get(place.share.name)
    const source = flow?.sourceOf.get(place.share.source)
    const index = source?.places.indexOf(place) ?? -1
    if (flow === undefined || source === undefined || index < 0) return
    source.places.splice(index, 1)
    if (source.places.length === 0) {
      flow.sources.splice(flow.sources.indexOf(source), 1)
      flow.sourceOf.delete(source.name)
    }
    this.#release(rank, flow, place)
  }

  /** One was served without having waited: it counts for who is next all the same. */
  noteServed({ source }: Share): void {
    this.#serve(source)
  }

  #rank(priority: Priority): Rank<Item> {
    return this.#ranks[priority] as Rank<Item>
  }

  #serve(source: string): number {
    this.#turn++
    this.#servedAt.set(source, this.#turn)
    return this.#turn
  }

  #addSource({ sources, sourceOf }: Flow<Item>, place: Place<Item>): void {
    const { source: name } = place.share
    const servedAt = this.#servedAt.get(name)
    const source = { name, servedAt, places: [place] }
    sourceOf.set(name, source)
    let [low, high] = [0, sources.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sources[middle] as Source<Item>).servedAt <= servedAt) low = middle + 1
      else high = middle
    }
    sources.splice(low, 0, source)
  }

  /** The last of the share that is longest for its weight, in the lowest priority that waits. */
  #evict(arrived: Priority): Place<Item> | undefined {
    const lowest = LOWEST_FIRST.find((priority) => priority >= arrived && this.has(priority))
    if (lowest === undefined) return undefined
    const rank = this.#rank(lowest)
    let longest: Flow<Item> | undefined
    for (const flow of rank.flows.values())
      if (longest === undefined || flow.cost / flow.weight > longest.cost / longest.weight)
        longest = flow
    const place = longest?.sources.at(-1)?.places.at(-1)
    if (place !== undefined) this.remove(place)
    return place
  }

  #release({ flows }: Rank<Item>, flow: Flow<Item>, { share }: Place<Item>): void {
    this.#size--
    flow.cost -= share.cost
    if (flow.sources.length === 0) flows.delete(flow.name)
  }
}

function createRank<Item>(): Rank<Item> {
  return { flows: new Map(), served: 0, servedOf: new RecentMarks(SHARES_REMEMBERED_MAX) }
}

function openFlow<Item>(rank: Rank<Item>, { name, weight }: Share): Flow<Item> {
  const served = Math.max(rank.served, rank.servedOf.get(name))
  const flow: Flow<Item> = { name, weight, served, cost: 0, sources: [], sourceOf: new Map() }
  rank.flows.set(name, flow)
  return flow
}
