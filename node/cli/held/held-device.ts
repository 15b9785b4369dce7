/**
 * A held device: this node signs for it, keeps what was signed until the ledger has counted it, and
 * says who it is.
 *
 * The outbox is that of any reference device. What became of messages is taken from the node's own
 * ledger, whose blocks this very process has proved final.
 *
 * @module
 */

import { ClientError, type Device, openDevice, systemRandomBytes } from '../../../client/index.ts'
import {
  classVersionKey,
  classVersions,
  type SenmlRecord,
  senmlContent,
  toHex
} from '../../../protocol/index.ts'
import { NodeError } from '../../errors.ts'
import type { HeldSaid } from '../../gateways/custody.ts'
import type { LedgerService } from '../../ledger-service.ts'
import type { HeldFolder } from './held-folder.ts'

/** What a held device is made of. */
export interface HeldDeviceParts {
  readonly folder: HeldFolder
  readonly device: Device
  readonly deviceId: Uint8Array
  /** Undefined where it has none, and nobody can speak for it. */
  readonly passwordHash: Uint8Array | undefined
}

/** Messages handed to the node at once. */
const SENT_TOGETHER = 64
/** What is not final after so long is handed over again. */
const AGAIN_AFTER_MS = 15_000
const READING = 0
const GATEWAY_CUSTODY = 1
/** Faults of the content itself; all others pass. */
const CONTENT_FAULTS: readonly string[] = [
  'KIND_NOT_ALLOWED',
  'CONTENT_TOO_LARGE',
  'CONTENT_MALFORMED'
]

/** One device whose key is held. */
export class HeldDevice {
  readonly deviceId: Uint8Array
  readonly hexId: string
  readonly passwordHash: Uint8Array | undefined
  readonly #folder: HeldFolder
  #device: Device
  /** When each message was last handed over, by its id; bounded by the outbox. */
  readonly #sentAtMs = new Map<string, number>()
  #stoppedBy: string | null = null

  constructor({ folder, device, deviceId, passwordHash }: HeldDeviceParts) {
    this.#folder = folder
    this.#device = device
    this.deviceId = deviceId
    this.hexId = toHex(deviceId)
    this.passwordHash = passwordHash
  }

  /** Why it does not speak, as a code; null while it does. */
  get stoppedBy(): string | null {
    return this.#stoppedBy
  }

  get pending(): number {
    return this.#device.state.unconfirmed.length
  }

  /** Signs a reading and stores it. */
  async say(records: readonly SenmlRecord[]): Promise<HeldSaid> {
    if (this.#stoppedBy !== null) return { kind: 'busy', code: this.#stoppedBy }
    try {
      const said = await this.#device.say(READING, senmlContent(records))
      if (said.ok) return { kind: 'stored', messageId: said.value.messageId }
      const kind = CONTENT_FAULTS.includes(said.fault) ? 'refused' : 'busy'
      return { kind, code: said.fault }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      if (error.code !== 'DEVICE_BUSY') await this.#reopen()
      return { kind: 'busy', code: error.code }
    }
  }

  /**
   * Looks at the device on the ledger: it stops where something else speaks for it, or where the ledger
   * does not say that a gateway holds its key.
   */
  async check(ledger: Pick<LedgerService, 'device' | 'readState'>): Promise<string | null> {
    const record = ledger.device(this.deviceId)?.device
    // A node that is behind does not know it yet.
    if (record === undefined) return this.#stoppedBy
    const { sequence, incarnation } = this.#device.state
    const isBehind =
      record.incarnation > incarnation ||
      (record.incarnation === incarnation && record.sequence > sequence)
    const key = classVersionKey(record.classId, record.classVersion)
    const { value } = await ledger.readState(classVersions.number, key, false)
    const custody = value === null ? null : classVersions.decode(value).custody
    if (isBehind) this.#stoppedBy = 'DEVICE_BEHIND'
    else this.#stoppedBy = custody === GATEWAY_CUSTODY ? null : 'CUSTODY_NOT_DECLARED'
    return this.#stoppedBy
  }

  /** Hands over what is signed, and takes what became final off the outbox. */
  async flush(ledger: LedgerService, nowMs: number): Promise<void> {
    if (this.#stoppedBy !== null) return
    const pending = this.#device.pending(SENT_TOGETHER)
    for (const { messageId, wire } of pending) {
      const id = toHex(messageId)
      if (nowMs - (this.#sentAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) continue
      const submission = await ledger.submit(wire, `held:${this.#folder.name}`)
      if (submission.kind === 'busy') break
      this.#sentAtMs.set(id, nowMs)
    }
    for (const { messageId } of pending) {
      const status = await ledger.transactionStatus(messageId)
      if (status?.stage !== 'final' || status.outcome === null) break
      const settled = await this.#device.settle(messageId, status.outcome, status.code)
      if (!settled.ok) break
      this.#sentAtMs.delete(toHex(messageId))
    }
    const { height, blockId } = ledger.status()
    await this.#device.adoptAnchor({ height, blockId })
  }

  /** Gives the folder free. */
  release(): Promise<void> {
    return this.#folder.release()
  }

  /** After a write that failed nobody knows what is stored: the record says. */
  async #reopen(): Promise<void> {
    try {
      const { storage } = this.#folder
      this.#device = await openDevice({ storage, randomBytes: systemRandomBytes })
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof NodeError)) throw error
      this.#stoppedBy = error.code
    }
  }
}
