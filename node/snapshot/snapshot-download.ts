/**
 * The snapshot download: every part of one snapshot, from all peers that offer it at once.
 *
 * Each part is judged as it comes. A peer that sends something else is held to account and done
 * without; one that stalls loses its question to another. It ends in every case: with all parts,
 * with the finding that the manifest lies, or when nobody provides the snapshot any more.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { type Clock, sleep } from '../clock.ts'
import { decodeBytesAnswer, encodeFetchRequest } from '../sync/sync-message.ts'
import type { IncomingSnapshot } from './incoming-snapshot.ts'
import type { PartName } from './snapshot-folder.ts'
import { SnapshotProviders } from './snapshot-providers.ts'

/** What a download needs from others. */
export interface SnapshotDownloadPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  /** Asks one peer; undefined when it did not answer in time. */
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** Asks around who offers this snapshot now. */
  readonly findProviders: () => Promise<readonly string[]>
  readonly penalise: (peer: string, reason: string) => void
  /** Hears of bytes that came and were good. */
  readonly onTaken: (bytes: number) => void
  readonly isStopped: () => boolean
}

/** How a download ended. */
export type DownloadEnd = 'complete' | 'lie' | 'abandoned' | 'stopped'

/** Questions under way at one peer. */
const IN_FLIGHT_MAX = 3
/** Bytes that wait to be judged stay few: this many parts at most, of about 200 KB. */
const PARTS_IN_FLIGHT_MAX = 32
/** How long a part may be under way before another peer is asked for it too. */
const STALLED_MS = 3_000
/** How often it is asked anew who offers the snapshot. */
const PROVIDERS_REFRESH_MS = 5_000
/** How soon when there is nobody to ask. */
const PROVIDERS_MISSED_MS = 1_000
/** How long it is waited for somebody to offer it again. */
const LONELY_MAX_MS = 20_000
const TICK_MS = 20

interface UnderWay {
  readonly part: PartName
  readonly sinceMs: number
  copies: number
}

/** Fetches one snapshot. */
export class SnapshotDownload {
  readonly #id: Uint8Array
  readonly #incoming: IncomingSnapshot
  readonly #ports: SnapshotDownloadPorts
  readonly #providers = new SnapshotProviders({ inFlightMax: IN_FLIGHT_MAX })
  readonly #underWay = new Map<string, UnderWay>()
  #inFlight = 0
  #judging = 0
  #todo: PartName[] = []
  #isLie = false
  #isEnded = false
  #isRefreshing = false
  #refreshedMs = 0
  #heardMs = 0
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(
    options: { readonly id: Uint8Array; readonly incoming: IncomingSnapshot },
    ports: SnapshotDownloadPorts
  ) {
    this.#id = options.id
    this.#incoming = options.incoming
    this.#ports = ports
  }

  /**
   * Fetches what is missing. Answers that come after the end are left alone.
   *
   * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
   */
  async run(providers: readonly string[]): Promise<DownloadEnd> {
    this.#providers.add(providers)
    const end = await this.#fetchAll()
    this.#isEnded = true
    while (this.#judging > 0) await this.#nextNews()
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#isLie ? 'lie' : end
  }

  async #fetchAll(): Promise<DownloadEnd> {
    this.#refreshedMs = this.#ports.clock.nowMs()
    this.#heardMs = this.#refreshedMs
    while (this.#incoming.missingCount > 0 || this.#judging > 0) {
      if (this.#ports.isStopped() || this.#failure !== undefined) return 'stopped'
      if (this.#isLie) return 'lie'
      if (this.#isLonely()) return 'abandoned'
      this.#refresh()
      this.#askAll()
      await this.#nextNews()
    }
    // All parts came as the manifest names them, yet leaves are left without their records.
    return this.#incoming.isWhole() ? 'complete' : 'lie'
  }

  /** Whether nobody has provided the snapshot for too long. */
  #isLonely(): boolean {
    const nowMs = this.#ports.clock.nowMs()
    if (this.#providers.count > 0) this.#heardMs = nowMs
    return nowMs - this.#heardMs > LONELY_MAX_MS
  }

  /** Looks for more providers now and then, and sooner when there are none; nothing waits for it. */
  #refresh(): void {
    const { clock, findProviders } = this.#ports
    const pauseMs = this.#providers.count === 0 ? PROVIDERS_MISSED_MS : PROVIDERS_REFRESH_MS
    if (this.#isRefreshing || clock.nowMs() - this.#refreshedMs < pauseMs) return
    this.#isRefreshing = true
    findProviders()
      .then((peers) => this.#providers.add(peers))
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#isRefreshing = false
        this.#refreshedMs = clock.nowMs()
      })
  }

  #askAll(): void {
    for (;;) {
      if (this.#inFlight >= PARTS_IN_FLIGHT_MAX) return
      const peer = this.#providers.next(this.#ports.clock.nowMs())
      const part = peer === undefined ? undefined : this.#nextPart()
      if (peer === undefined || part === undefined) return
      this.#inFlight += 1
      void this.#askFor(part, peer)
    }
  }

  /** A part that nobody was asked for, or else one that has been under way for too long. */
  #nextPart(): PartName | undefined {
    if (this.#todo.length === 0)
      this.#todo = this.#incoming.missing().filter((part) => !this.#underWay.has(nameOf(part)))
    const next = this.#todo.shift()
    if (next !== undefined) return next
    const nowMs = this.#ports.clock.nowMs()
    for (const { part, sinceMs, copies } of this.#underWay.values())
      if (copies < 2 && nowMs - sinceMs > STALLED_MS) return part
    return undefined
  }

  async #askFor(part: PartName, peer: string): Promise<void> {
    const { clock, ask } = this.#ports
    const name = nameOf(part)
    const underWay = this.#underWay.get(name) ?? { part, sinceMs: clock.nowMs(), copies: 0 }
    underWay.copies += 1
    this.#underWay.set(name, underWay)
    this.#providers.asked(peer)
    const request = encodeFetchRequest({ kind: 'snapshot-part', id: this.#id, part })
    try {
      const answer = await ask(peer, request)
      const isWell = answer !== undefined && (await this.#judge(part, peer, answer))
      this.#providers.answered(peer, isWell ? 'well' : 'not', clock.nowMs())
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      underWay.copies -= 1
      if (underWay.copies === 0) this.#underWay.delete(name)
      this.#inFlight -= 1
      this.#wake()
    }
  }

  async #judge(part: PartName, peer: string, answer: Uint8Array): Promise<boolean> {
    if (this.#isEnded) return false
    this.#judging += 1
    try {
      return await this.#take(part, peer, answer)
    } finally {
      this.#judging -= 1
    }
  }

  /** Takes what a peer answered; whether it has kept its word. */
  async #take(part: PartName, peer: string, answer: Uint8Array): Promise<boolean> {
    const bytes = answer.length === 0 ? null : decodeBytesAnswer(answer)
    // It has forgotten the snapshot since: no fault.
    if (bytes === null) this.#providers.drop(peer)
    if (bytes === null || bytes === undefined) {
      if (bytes === undefined) this.#refuse(peer, 'a malformed part of a snapshot was sent')
      return false
    }
    const verdict = await this.#incoming.take(part, bytes)
    if (verdict === 'alien') this.#refuse(peer, 'another part of a snapshot was sent')
    if (verdict === 'lie') this.#isLie = true
    if (verdict === 'good') this.#ports.onTaken(bytes.length)
    return verdict === 'good'
  }

  #refuse(peer: string, reason: string): void {
    this.#ports.penalise(peer, reason)
    this.#providers.drop(peer)
  }

  /** Waits for the next answer, or a moment. */
  #nextNews(): Promise<void> {
    return Promise.race([
      new Promise<void>((resolve) => {
        this.#wake = resolve
      }),
      sleep(this.#ports.clock, TICK_MS)
    ])
  }
}

function nameOf({ kind, index }: PartName): string {
  return `${kind}-${index}`
}
