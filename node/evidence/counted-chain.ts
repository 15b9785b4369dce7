/**
 * Counted chains: what a device has said on the ledger, walked back from its head.
 *
 * The ledger has no index of messages by sequence. Each message names the one
 * before it, so a walk finds any of them; what was walked over is remembered, and
 * the steps are counted, for they read the disk.
 *
 * @module
 */

import { type DeviceMessage, type DeviceRecord, equalBytes, toHex } from '../../protocol/index.ts'
import { TokenBucket } from '../network/token-bucket.ts'
import type { Archive, ArchivedTransaction } from '../service/archive.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { StrayMessage } from './stray.ts'

/** Messages below a head that are looked through. */
const DEPTH_MAX = 256
/** Devices whose last messages are remembered. */
const DEVICES_MAX = 64
/** Steps of all walks at once, and the time in which so many come again: 32 in a second. */
const STEPS = 1_024
const STEPS_WINDOW_MS = 32_000

/** What is remembered of one counted message. */
interface Link {
  readonly sequence: number
  readonly id: Uint8Array
  readonly previousId: Uint8Array
  readonly signingKey: Uint8Array
}

/** What the ledger holds about a message that is not on it. */
export type Counterpart =
  /** It is on the ledger after all. */
  | { readonly kind: 'itself' }
  /** One of the same sequence under the same key. */
  | { readonly kind: 'rival'; readonly found: ArchivedTransaction }
  /** The last one that its key was to sign. */
  | { readonly kind: 'last'; readonly found: ArchivedTransaction }
  | { readonly kind: 'none' }

/** What the walks need. */
export interface CountedChainsPorts {
  readonly archive: Pick<Archive, 'find'>
  readonly nowMs: () => number
  readonly pause: () => Promise<void>
}

/** Finds what devices have said. */
export class CountedChains {
  readonly #ports: CountedChainsPorts
  /** By device in hex: the last messages of the present incarnation, the latest first. */
  readonly #known = new Map<string, readonly Link[]>()
  readonly #steps: TokenBucket

  constructor(ports: CountedChainsPorts) {
    this.#ports = ports
    this.#steps = new TokenBucket(STEPS, STEPS_WINDOW_MS, ports.nowMs())
  }

  /** What the ledger holds about a message of the device's present incarnation. */
  async counterpartOf({ id, body }: StrayMessage, device: DeviceRecord): Promise<Counterpart> {
    if (equalBytes(id, device.headMessageId)) return { kind: 'itself' }
    for await (const link of this.#walk(body, device)) {
      if (equalBytes(link.id, id)) return { kind: 'itself' }
      const isOfKey = equalBytes(link.signingKey, body.signingKey)
      if (!isOfKey || link.sequence > body.sequence) continue
      const found = this.#find(link.id)
      if (found === undefined) return { kind: 'none' }
      return { kind: link.sequence === body.sequence ? 'rival' : 'last', found }
    }
    return { kind: 'none' }
  }

  /** The counted messages from the head down; what was walked before costs nothing. */
  async *#walk({ deviceId }: DeviceMessage, device: DeviceRecord): AsyncGenerator<Link> {
    const name = toHex(deviceId)
    const before = this.#known.get(name) ?? []
    const links: Link[] = []
    let nextId: Uint8Array | undefined = device.headMessageId
    try {
      while (nextId !== undefined && links.length < DEPTH_MAX) {
        const wanted: Uint8Array = nextId
        const at = before.findIndex((known) => equalBytes(known.id, wanted))
        const link: Link | undefined = before[at] ?? (await this.#step(wanted))
        if (link === undefined) return
        links.push(link)
        yield link
        nextId = link.sequence > 1 ? link.previousId : undefined
      }
    } finally {
      this.#remember(name, links, before)
    }
  }

  async #step(id: Uint8Array): Promise<Link | undefined> {
    if (!this.#steps.tryTake(1, this.#ports.nowMs())) return undefined
    await this.#ports.pause()
    const body = this.#find(id)?.transaction.body
    if (body?.kind !== 'device-message') return undefined
    return {
      sequence: body.sequence,
      id: id.slice(),
      previousId: body.previousMessageId.slice(),
      signingKey: body.signingKey.slice()
    }
  }

  /** While a record is being mended there is no answer; it is asked for again. */
  #find(id: Uint8Array): ArchivedTransaction | undefined {
    return readIfWhole(() => this.#ports.archive.find(id))
  }

  /** Keeps what was walked over, and below it what was known before. */
  #remember(name: string, links: readonly Link[], before: readonly Link[]): void {
    const [last] = links.slice(-1)
    const at = last === undefined ? -1 : before.findIndex(({ id }) => equalBytes(id, last.id))
    const rest = at < 0 ? [] : before.slice(at + 1)
    this.#known.delete(name)
    if (links.length > 0) this.#known.set(name, [...links, ...rest].slice(0, DEPTH_MAX))
    if (this.#known.size <= DEVICES_MAX) return
    const eldest = this.#known.keys().next()
    if (eldest.done !== true) this.#known.delete(eldest.value)
  }
}
