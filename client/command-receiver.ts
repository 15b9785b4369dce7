/**
 * The receiver of commands: a device that follows each at most once, in the order of the ledger.
 *
 * It stores how far it has come before it acts, so a crash loses a command rather than doing it
 * twice; the controller then gets no reply.
 *
 * @module
 */

import {
  acceptAs,
  decodeCbor,
  decodeReceiptProof,
  encodeCbor,
  invariant,
  type ReceiptFault,
  reject,
  tuple,
  uint,
  type Verdict
} from '../protocol/index.ts'
import { checkReceipt } from './checks.ts'
import {
  encodeReply,
  type OpenCommandFault,
  type OpenedCommand,
  openCommand,
  REPLY_CONTENT_KIND
} from './command.ts'
import type { Device } from './device.ts'
import { ClientError } from './errors.ts'
import type { EpochFault, TrustedNetwork } from './ledger-follower.ts'
import type { UnconfirmedMessage } from './outbox.ts'
import type { RandomBytes } from './random.ts'
import type { RecordStorage } from './record-storage.ts'
import type { SayFault } from './saying.ts'
import { Turns } from './turns.ts'

/** What a device makes of a command. */
export interface CommandResult {
  /** 0 when it was done. */
  readonly resultCode: number
  /** Sealed to the controller. */
  readonly answer: Uint8Array | null
}

/** What a receiver needs. */
export interface ReceiverPorts {
  /** A record of its own, beside that of the outbox. */
  readonly storage: RecordStorage
  readonly randomBytes: RandomBytes
  readonly device: Pick<Device, 'say' | 'state'>
  /** X25519, of the present incarnation. */
  readonly encryptionSecret: Uint8Array
  /** Does what is asked. What it throws reaches the caller, and the command is not done again. */
  readonly act: (command: OpenedCommand) => Promise<CommandResult>
}

/** A command as a node hands it over; both parts untrusted. */
export interface CommandDelivery {
  readonly wire: Uint8Array
  readonly receipt: Uint8Array
}

/** A command that was followed. */
export interface FollowedCommand extends CommandResult {
  readonly commandId: Uint8Array
  /** The reply, or why the device could not say it. */
  readonly reply: Verdict<SayFault, UnconfirmedMessage>
}

/** Why a command is not followed. Nothing was done. */
export type ReceiveFault =
  | OpenCommandFault
  | ReceiptFault
  | EpochFault
  | 'RECEIPT_OF_OTHER_TRANSACTION'
  /** The ledger did not let it count. */
  | 'COMMAND_NOT_APPLIED'
  /** This one or a later one was followed already, or tried before a crash. */
  | 'COMMAND_PASSED'
  /** It was for an earlier incarnation of the device. */
  | 'COMMAND_OF_OTHER_INCARNATION'
  | 'COMMAND_EXPIRED'

/** Where a command stands on the ledger. */
interface Place {
  readonly height: number
  readonly index: number
}

const RECORD_FORMAT = 1
const CALLS_WAITING_MAX = 64
const NOWHERE: Place = { height: 0, index: 0 }

const recordFields = tuple(uint(RECORD_FORMAT, RECORD_FORMAT), uint(), uint())

/** Receives the commands of one device. Calls are carried out one after the other. */
export class CommandReceiver {
  readonly #ports: ReceiverPorts
  readonly #turns = new Turns(CALLS_WAITING_MAX)

  constructor(ports: ReceiverPorts) {
    this.#ports = ports
  }

  /**
   * Follows a command, if it counts and none after it was followed. Hand them over in the order of
   * the ledger: what is passed by is not followed later.
   *
   * @throws ClientError RECORD_DAMAGED, RECORD_NOT_WRITTEN, DEVICE_BUSY or DEVICE_CLOSED
   */
  receive(
    { wire, receipt }: CommandDelivery,
    network: TrustedNetwork
  ): Promise<Verdict<ReceiveFault, FollowedCommand>> {
    return this.#turns.take(async () => {
      const { device, encryptionSecret, act } = this.#ports
      const { networkTag, deviceId, incarnation } = device.state
      const opened = await openCommand(wire, { networkTag, deviceId, encryptionSecret })
      if (!opened.ok) return opened
      const placed = placeOf(opened.value, receipt, network)
      if (!placed.ok) return placed
      if (opened.value.command.incarnation !== incarnation)
        return reject('COMMAND_OF_OTHER_INCARNATION')
      if (!isLater(placed.value, await this.#readPlace())) return reject('COMMAND_PASSED')
      await this.#writePlace(placed.value)
      return acceptAs(await this.#answer(opened.value, await act(opened.value)))
    })
  }

  async #answer(
    { commandId, replySecret }: OpenedCommand,
    { resultCode, answer }: CommandResult
  ): Promise<FollowedCommand> {
    const { device, randomBytes } = this.#ports
    const content = encodeReply({ commandId, resultCode, answer }, replySecret, randomBytes)
    const reply = await device.say(REPLY_CONTENT_KIND, content)
    return { commandId, resultCode, answer, reply }
  }

  async #readPlace(): Promise<Place> {
    const record = await this.#ports.storage.read()
    if (record === undefined) return NOWHERE
    const read = recordFields(decodeCbor(record))
    if (read === undefined)
      throw new ClientError('the record of commands cannot be read', { code: 'RECORD_DAMAGED' })
    return { height: read[1], index: read[2] }
  }

  async #writePlace({ height, index }: Place): Promise<void> {
    try {
      await this.#ports.storage.write(encodeCbor([RECORD_FORMAT, height, index]))
    } catch (cause) {
      throw new ClientError('the storage did not take the place of a command', {
        code: 'RECORD_NOT_WRITTEN',
        cause
      })
    }
  }
}

/** Where a command counted, as its receipt proves. */
function placeOf(
  { commandId, command }: OpenedCommand,
  receipt: Uint8Array,
  network: TrustedNetwork
): Verdict<ReceiveFault, Place> {
  const checked = checkReceipt(network, commandId, receipt)
  if (!checked.ok) return checked
  const { outcome, header } = checked.value
  if (outcome.outcome !== 'applied') return reject('COMMAND_NOT_APPLIED')
  if (header.timeMs >= command.notAfterMs) return reject('COMMAND_EXPIRED')
  const proof = decodeReceiptProof(receipt)
  invariant(proof !== undefined, 'a receipt that was checked is a receipt')
  return acceptAs({ height: header.height, index: proof.index })
}

/** Block 0 holds no transactions, so height 0 is before every command. */
function isLater(place: Place, last: Place): boolean {
  return place.height === last.height ? place.index > last.index : place.height > last.height
}
