/**
 * The receiver of commands: a device that follows each at most once, in the order of the ledger.
 *
 * It stores how far it has come before it acts, so a crash loses a command rather than doing it
 * twice. What is needed to answer is stored with it: after a crash in between the controller is told
 * that nobody knows whether the command was done.
 *
 * @module
 */

import {
  acceptAs,
  decodeReceiptProof,
  equalBytes,
  invariant,
  type ReceiptFault,
  readDeviceMessageEnvelope,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { checkReceipt } from './checks.ts'
import {
  encodeReply,
  type OpenCommandFault,
  type OpenedCommand,
  openCommand,
  REPLY_CONTENT_KIND,
  replyCommandId
} from './command.ts'
import {
  type CommandProgress,
  type OwedReply,
  readCommandRecord,
  writeCommandRecord
} from './command-record.ts'
import type { Device } from './device.ts'
import type { EpochFault, TrustedNetwork } from './ledger-follower.ts'
import type { UnconfirmedMessage } from './outbox.ts'
import type { RandomBytes } from './random.ts'
import type { RecordStorage } from './record-storage.ts'
import type { SayFault } from './saying.ts'
import type { CommandDelivery, CommandPlace } from './transport.ts'
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
  /** The reply to the one before could not be said yet: the outbox is full. */
  | 'REPLY_OWED'

/** The result code of a command during which the device was cut off: whether it was done, nobody knows. */
export const COMMAND_INTERRUPTED = 256

const CALLS_WAITING_MAX = 64

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
      const { storage } = this.#ports
      const progress = await readCommandRecord(storage)
      if (!isLater(placed.value, progress.place)) return reject('COMMAND_PASSED')
      const answered = await this.#answerOwed(progress)
      if (answered !== undefined && !answered.ok) return reject('REPLY_OWED')
      const place = placed.value
      const { commandId, replySecret } = opened.value
      const interrupted = { commandId, resultCode: COMMAND_INTERRUPTED, answer: null }
      await writeCommandRecord(storage, { place, owed: { ...interrupted, replySecret } })
      const result = await act(opened.value)
      const owed = { commandId, ...result, replySecret }
      const reply = await this.#say(owed)
      await writeCommandRecord(storage, { place, owed: reply.ok ? null : owed })
      return acceptAs({ commandId, ...result, reply })
    })
  }

  /**
   * Says the reply that is owed since a crash, or since the outbox was full. Call it after a start,
   * before any message is settled: a reply that is in the outbox already is not said again.
   *
   * @returns the reply, or why it cannot be said now; undefined when none is owed
   * @throws ClientError as {@link receive}
   */
  resume(): Promise<Verdict<SayFault, UnconfirmedMessage> | undefined> {
    return this.#turns.take(async () =>
      this.#answerOwed(await readCommandRecord(this.#ports.storage))
    )
  }

  /** How far it has come: what is behind this place is still to be received. */
  place(): Promise<CommandPlace> {
    return this.#turns.take(async () => (await readCommandRecord(this.#ports.storage)).place)
  }

  async #answerOwed({
    place,
    owed
  }: CommandProgress): Promise<Verdict<SayFault, UnconfirmedMessage> | undefined> {
    if (owed === null) return undefined
    const { device, storage } = this.#ports
    const said = device.state.unconfirmed.find((message) => isReplyTo(message, owed.commandId))
    const reply = said === undefined ? await this.#say(owed) : acceptAs(said)
    if (reply.ok) await writeCommandRecord(storage, { place, owed: null })
    return reply
  }

  #say(owed: OwedReply): Promise<Verdict<SayFault, UnconfirmedMessage>> {
    const { device, randomBytes } = this.#ports
    return device.say(REPLY_CONTENT_KIND, encodeReply(owed, owed.replySecret, randomBytes))
  }
}

function isReplyTo({ wire }: UnconfirmedMessage, commandId: Uint8Array): boolean {
  const said = readDeviceMessageEnvelope(wire)
  return (
    said?.message.contentKind === REPLY_CONTENT_KIND &&
    equalBytes(replyCommandId(said.content) ?? new Uint8Array(0), commandId)
  )
}

/** Where a command counted, as its receipt proves. */
function placeOf(
  { commandId, command }: OpenedCommand,
  receipt: Uint8Array,
  network: TrustedNetwork
): Verdict<ReceiveFault, CommandPlace> {
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
function isLater(place: CommandPlace, last: CommandPlace): boolean {
  return place.height === last.height ? place.index > last.index : place.height > last.height
}
