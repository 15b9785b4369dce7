/**
 * The runner of a reference device: what it is told to say, the nodes that carry it, and the commands
 * that come back, side by side.
 *
 * Whatever is said is stored before it leaves, and stays in the outbox until its receipt proves that
 * it counted. So the process may end at any point; the next one goes on with the same bytes.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, type Device } from '../../client/index.ts'
import { toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { TellEvent } from './device-events.ts'
import type { BornDevice, DeviceFolder } from './device-folder.ts'
import type { DeviceInbox } from './device-inbox.ts'
import type { InputMessage } from './device-input.ts'
import { keepUpBySeal } from './device-keep-up.ts'
import { keepUp, type LedgerPorts } from './device-ledger.ts'
import type { DeviceNodes } from './device-nodes.ts'
import type { NetworkTrust } from './network-trust.ts'

/** How often a running device does what. */
export interface RunnerOptions {
  /** It says that it is there when it has said nothing for so long; null for never. */
  readonly heartbeatMs: number | null
  /** How often it asks for commands, and for what became of its messages. */
  readonly pollMs: number
  /** It ends once all input was said and is final. */
  readonly isOnce: boolean
}

/** What a runner needs. */
export interface RunnerPorts {
  readonly folder: DeviceFolder
  readonly born: BornDevice
  readonly device: Device
  readonly network: NetworkTrust
  readonly nodes: DeviceNodes
  readonly inbox: DeviceInbox
  readonly tell: TellEvent
  /** What it shall say; read no faster than it can be said. */
  readonly input: AsyncIterable<InputMessage>
  readonly stopped: AbortSignal
}

/** Bytes that no node has reported final are sent again after so long, to the next node. */
const SILENCE_MAX_MS = 15_000
/** How often a device looks for new keys and grants. */
const GRANT_EVERY_MS = 10_000
const BACK_OFF_MAX_MS = 10_000
/** Messages under way to a node at once. */
const SENT_TOGETHER = 16
const HEARTBEAT = 3
const NOTHING = new Uint8Array(0)
/** Faults of saying that pass: the outbox empties, a grant comes, the claim becomes final. */
const PASSING: readonly string[] = ['OUTBOX_FULL', 'DATA_KEY_MISSING', 'INCARNATION_NOT_BEGUN']
/** Troubles of this very device: no node can help. */
const OWN_TROUBLES: readonly string[] = [
  'DEVICE_BEHIND',
  'DEVICE_CLOSED',
  'RECORD_NOT_WRITTEN',
  'RECORD_DAMAGED',
  'DISK_FULL',
  'DISK_WRITE_FAILED',
  'STORAGE_DAMAGED'
]

/** Runs one device. */
export class DeviceRunner {
  readonly #options: RunnerOptions
  readonly #ports: RunnerPorts
  #born: BornDevice
  /** When each message was last handed to the present node, by its id. */
  readonly #sentAtMs = new Map<string, number>()
  #saidAtMs = performance.now()
  #grantsSeenAtMs = Number.NEGATIVE_INFINITY
  #progressAtMs = performance.now()
  #isInputOver = false
  #trouble = ''
  #backOffMs = 0

  constructor(options: RunnerOptions, ports: RunnerPorts) {
    this.#options = options
    this.#ports = ports
    this.#born = ports.born
  }

  /**
   * Runs until it is stopped, or once is enough.
   *
   * @throws NodeError or ClientError for what no node can help with
   */
  async run(): Promise<void> {
    await this.#ports.inbox.resume()
    await Promise.race([this.#speak(), this.#exchange()])
  }

  get #isStopped(): boolean {
    return this.#ports.stopped.aborted
  }

  /** Never resolves before the exchange does, for that is what the process lives for. */
  async #speak(): Promise<void> {
    for await (const message of this.#ports.input) {
      if (this.#isStopped) break
      await this.#say(message)
    }
    this.#isInputOver = true
    await new Promise(() => undefined)
  }

  async #say({ number, contentKind, content }: InputMessage): Promise<void> {
    const { device, tell } = this.#ports
    if (number !== null && number <= device.state.inputMark) {
      tell({ event: 'taken-before', number })
      return
    }
    while (!this.#isStopped) {
      const said = await device.say(contentKind, content, number ?? undefined)
      if (said.ok) {
        this.#saidAtMs = performance.now()
        const { messageId } = said.value
        tell({ event: 'said', number, sequence: device.state.sequence, messageId })
        return
      }
      if (!PASSING.includes(said.fault)) {
        tell({ event: 'not-said', number, code: said.fault })
        return
      }
      await this.#rest(this.#options.pollMs)
    }
  }

  async #exchange(): Promise<void> {
    while (!this.#isStopped && !this.#isDone()) {
      try {
        await this.#exchangeOnce()
        this.#backOffMs = 0
        this.#trouble = ''
      } catch (error) {
        this.#meet(error)
      }
      await this.#rest(Math.max(this.#options.pollMs, this.#backOffMs))
    }
  }

  async #exchangeOnce(): Promise<void> {
    const { device, nodes, inbox, network } = this.#ports
    const ledger = { network, transport: nodes.transport() }
    await this.#beat()
    await this.#send(ledger)
    await this.#keepUp(ledger)
    while (!this.#isStopped && (await inbox.receive(ledger)));
    if (device.pending().length > 0 && performance.now() - this.#progressAtMs > SILENCE_MAX_MS)
      throw new ClientError('nothing that was sent has become final for a while', {
        code: 'NODE_REFUSED'
      })
  }

  async #beat(): Promise<void> {
    const { heartbeatMs } = this.#options
    if (heartbeatMs === null || performance.now() - this.#saidAtMs < heartbeatMs) return
    // Whoever has much to say that does not get out shows no life by saying more.
    this.#saidAtMs = performance.now()
    if (this.#ports.device.pending().length === 0)
      await this.#say({ number: null, contentKind: HEARTBEAT, content: NOTHING })
  }

  /** Hands over what this node was not handed, oldest first. */
  async #send({ transport }: LedgerPorts): Promise<void> {
    const pending = this.#ports.device.pending()
    if (pending.length === 0) this.#progressAtMs = performance.now()
    const fresh = pending.filter(({ messageId }) => !this.#sentAtMs.has(toHex(messageId)))
    for (let first = 0; first < fresh.length && !this.#isStopped; first += SENT_TOGETHER)
      await Promise.all(
        fresh.slice(first, first + SENT_TOGETHER).map(async ({ messageId, wire }) => {
          // A refusal is no end: the receipt is, and what has none is sent again.
          await transport.submit(wire)
          this.#sentAtMs.set(toHex(messageId), performance.now())
        })
      )
    const known = new Set(pending.map(({ messageId }) => toHex(messageId)))
    for (const id of this.#sentAtMs.keys()) if (!known.has(id)) this.#sentAtMs.delete(id)
  }

  async #keepUp(ledger: LedgerPorts): Promise<void> {
    const { device, folder, inbox, tell } = this.#ports
    const isGrantDue = performance.now() - this.#grantsSeenAtMs >= GRANT_EVERY_MS
    if (!isGrantDue && device.pending().length === 0) return
    let standing: Awaited<ReturnType<typeof keepUp>>
    // A device that seals adopts no anchor without the key of the same height.
    if (isGrantDue || device.state.isSealing) {
      const kept = await keepUpBySeal(device, { folder, born: this.#born }, ledger)
      standing = kept.standing
      this.#born = kept.born
      inbox.adopt(kept.born)
      this.#grantsSeenAtMs = performance.now()
    } else standing = await keepUp(device, ledger)
    const { settled, height } = standing
    if (settled === 0) return
    this.#progressAtMs = performance.now()
    tell({ event: 'final', height, settled })
  }

  /** Trouble with a node: the next one is asked, and all that is unconfirmed is sent to it. */
  #meet(error: unknown): void {
    const isKnown = error instanceof ClientError || error instanceof NodeError
    if (!isKnown || OWN_TROUBLES.includes(error.code)) throw error
    const { nodes, inbox, tell } = this.#ports
    if (error.message !== this.#trouble)
      tell({ event: 'trouble', message: `${nodes.url()}: ${error.message}` })
    this.#trouble = error.message
    this.#backOffMs = Math.min(Math.max(2 * this.#backOffMs, 250), BACK_OFF_MAX_MS)
    nodes.moveOn()
    inbox.forget()
    this.#sentAtMs.clear()
    this.#progressAtMs = performance.now()
  }

  #isDone(): boolean {
    return this.#options.isOnce && this.#isInputOver && this.#ports.device.pending().length === 0
  }

  async #rest(restMs: number): Promise<void> {
    // Whoever stops it wakes it.
    await sleep(restMs, undefined, { signal: this.#ports.stopped }).catch(() => undefined)
  }
}
