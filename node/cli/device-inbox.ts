/**
 * The inbox of a running device: commands fetched from nodes in the order of the ledger, followed at
 * most once each.
 *
 * @module
 */

import {
  ClientError,
  type CommandDelivery,
  type CommandPlace,
  CommandReceiver,
  type CommandResult,
  type Device,
  followNode,
  type OpenedCommand,
  type RecordStorage,
  systemRandomBytes
} from '../../client/index.ts'
import { decodeBlockHeader, decodeReceiptProof } from '../../protocol/index.ts'
import type { TellEvent } from './device-events.ts'
import { type BornDevice, bytesOf } from './device-folder.ts'
import type { LedgerPorts } from './device-ledger.ts'

/** What the inbox needs. */
export interface InboxPorts {
  readonly storage: RecordStorage
  readonly device: Device
  readonly act: (command: OpenedCommand) => Promise<CommandResult>
  readonly tell: TellEvent
}

/** What was fetched is not this device's to follow, whichever node hands it out: the next one is. */
const PASSED_BY: ReadonlySet<string> = new Set([
  'COMMAND_MALFORMED',
  'COMMAND_OF_OTHER_DEVICE',
  'COMMAND_NOT_APPLIED',
  'COMMAND_PASSED',
  'COMMAND_OF_OTHER_INCARNATION',
  'COMMAND_EXPIRED',
  'SEAL_WRONG',
  'PUBLIC_KEY_WEAK'
])

/** Fetches and follows commands. */
export class DeviceInbox {
  readonly #ports: InboxPorts
  #receiver: CommandReceiver
  #secret: string
  /** Up to where this node was asked; null to begin where the receiver stands. */
  #cursor: CommandPlace | null = null

  constructor(born: BornDevice, ports: InboxPorts) {
    this.#ports = ports
    this.#secret = born.encryptionSecret
    this.#receiver = this.#open()
  }

  /** From now on commands are sealed to these keys. */
  adopt({ encryptionSecret }: BornDevice): void {
    if (encryptionSecret === this.#secret) return
    this.#secret = encryptionSecret
    this.#receiver = this.#open()
  }

  /** Answers what a crash cut off; before any message is settled. */
  async resume(): Promise<void> {
    const reply = await this.#receiver.resume()
    if (reply !== undefined && !reply.ok)
      this.#ports.tell({ event: 'not-said', number: null, code: reply.fault })
  }

  /** Another node is asked from now on: what this one passed by is not believed of the next. */
  forget(): void {
    this.#cursor = null
  }

  /**
   * Follows a page of commands; true when there may be more.
   *
   * @throws ClientError when no node can be asked, or the device's own storage fails
   */
  async receive({ network, transport }: LedgerPorts): Promise<boolean> {
    const after = this.#cursor ?? (await this.#receiver.place())
    const { deviceId } = this.#ports.device.state
    const page = await transport.commands(deviceId, after)
    for (const delivery of page) {
      const isNext = await this.#follow(delivery, { network, transport })
      if (!isNext) return false
    }
    return page.length > 0
  }

  async #follow(delivery: CommandDelivery, { network, transport }: LedgerPorts): Promise<boolean> {
    let followed = await this.#receiver.receive(delivery, network.ledger)
    if (!followed.ok && followed.fault === 'EPOCH_AHEAD') {
      await followNode(network.ledger, transport)
      followed = await this.#receiver.receive(delivery, network.ledger)
    }
    if (followed.ok) {
      const { commandId, resultCode, reply } = followed.value
      this.#cursor = await this.#receiver.place()
      if (reply.ok) this.#ports.tell({ event: 'answered', commandId, resultCode })
      else this.#ports.tell({ event: 'not-said', number: null, code: reply.fault })
      return true
    }
    this.#ports.tell({ event: 'not-followed', code: followed.fault })
    if (followed.fault === 'REPLY_OWED') return false
    const place = placeOf(delivery)
    if (place === undefined || !PASSED_BY.has(followed.fault))
      throw new ClientError(`a node hands out commands that prove nothing: ${followed.fault}`, {
        code: 'NODE_ANSWER_MALFORMED'
      })
    this.#cursor = place
    return true
  }

  #open(): CommandReceiver {
    const { storage, device, act } = this.#ports
    return new CommandReceiver({
      storage,
      device,
      act,
      randomBytes: systemRandomBytes,
      encryptionSecret: bytesOf(this.#secret)
    })
  }
}

function placeOf({ receipt }: CommandDelivery): CommandPlace | undefined {
  const proof = decodeReceiptProof(receipt)
  const header = proof === undefined ? undefined : decodeBlockHeader(proof.finality.headerBytes)
  return proof === undefined || header === undefined
    ? undefined
    : { height: header.height, index: proof.index }
}
