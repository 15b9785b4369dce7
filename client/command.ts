/**
 * Commands: what a controller tells a device, sealed to it, and what the device answers.
 *
 * The answer is a `reply` message. What it says beside its result code is sealed under a secret that
 * sender and receiver of the command share by its encapsulated key (RFC 9180 §5.3), so nobody else
 * reads it and a controller needs no further key: `salt (16) ‖ ciphertext ‖ tag (16)`, key =
 * HKDF-SHA-256(ikm secret, salt, info "tm/reply/1" ‖ commandId), nonce 0, aad = CBOR
 * `[commandId, resultCode]`.
 *
 * @module
 */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  acceptAs,
  ascii,
  bytes,
  bytesBetween,
  COMMAND_KIND,
  COMMAND_SEALED_MAX_BYTES,
  CONTENT_SIZE_MAX_BYTES,
  type Command,
  commandContext,
  concatBytes,
  decodeCbor,
  encodeCbor,
  encodeCommand,
  equalBytes,
  judgeTransaction,
  nullable,
  type PrivateKey,
  publicKeyOf,
  reject,
  tuple,
  uint,
  type Verdict
} from '../protocol/index.ts'
import { type HpkeFault, openSealed, type PublicKeyFault, sealTo } from './hpke.ts'
import type { RandomBytes } from './random.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** A command before it is sealed. */
export interface CommandOptions {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** Of the device's proved record. */
  readonly incarnation: number
  /** Of the device's proved ownership record: X25519. */
  readonly encryptionKey: Uint8Array
  readonly controllerKey: PrivateKey
  /** Above the last one of this key. */
  readonly commandSequence: number
  readonly notAfterMs: number
  readonly plaintext: Uint8Array
}

/** A command ready to be handed in; its transaction id is the command's id. */
export interface SentCommand extends SignedTransaction {
  /** Opens the reply, and goes nowhere. */
  readonly replySecret: Uint8Array
}

/** A command as its device has it. */
export interface OpenedCommand {
  readonly commandId: Uint8Array
  readonly command: Command
  readonly plaintext: Uint8Array
  readonly replySecret: Uint8Array
}

/** What a device answers. */
export interface Reply {
  readonly commandId: Uint8Array
  /** 0 when it was done; what else there is, device and controller agree. */
  readonly resultCode: number
  readonly answer: Uint8Array | null
}

/** Why a command is not sealed. */
export type SealCommandFault = PublicKeyFault | 'COMMAND_TOO_LARGE'

/** Why a command is not for this device to follow. */
export type OpenCommandFault =
  | HpkeFault
  /** Its bytes are no command, or its controller did not sign them. */
  | 'COMMAND_MALFORMED'
  | 'COMMAND_OF_OTHER_DEVICE'

/** Why a reply says nothing. */
export type ReplyFault =
  | 'REPLY_MALFORMED'
  | 'REPLY_TO_OTHER_COMMAND'
  /** Spoilt, or made by somebody who could not open the command. */
  | 'REPLY_SEAL_WRONG'

/** The content kind of a reply. */
export const REPLY_CONTENT_KIND = 2
/** Largest command before it is sealed. */
export const COMMAND_MAX_BYTES: number = COMMAND_SEALED_MAX_BYTES - 16

const COMMAND_TAG = ascii('tm/command/1')
const REPLY_TAG = ascii('tm/reply/1')
const SALT_BYTES = 16
const SEAL_BYTES = SALT_BYTES + 16
const NONCE = new Uint8Array(12)

const replyFields = tuple(bytes(32), uint(), nullable(bytesBetween(0, CONTENT_SIZE_MAX_BYTES)))

/** Seals a command to a device, and signs it as its controller. */
export async function signCommand(
  options: CommandOptions,
  randomBytes: RandomBytes
): Promise<Verdict<SealCommandFault, SentCommand>> {
  const { networkTag, controllerKey, plaintext, encryptionKey } = options
  if (plaintext.length > COMMAND_MAX_BYTES) return reject('COMMAND_TOO_LARGE')
  const { deviceId, incarnation, commandSequence, notAfterMs } = options
  const place = {
    ...{ deviceId, incarnation, commandSequence, notAfterMs },
    controllerKey: publicKeyOf(controllerKey)
  }
  const input = { info: commandInfo(networkTag, place), plaintext }
  const sealed = await sealTo(encryptionKey, input, randomBytes)
  if (!sealed.ok) return sealed
  const { enc, ciphertext, exportSecret } = sealed.value
  const body = encodeCommand({ ...place, enc, sealed: ciphertext })
  const signature = signBody(controllerKey, body, {
    ...{ networkTag, kind: COMMAND_KIND, role: 'controller' }
  })
  const transaction = joinTransaction(networkTag, body, [signature])
  return acceptAs({ ...transaction, replySecret: await exportSecret(REPLY_TAG) })
}

/**
 * Opens a command as its device. Whether it counts on the ledger, only its receipt says.
 *
 * @param wire - untrusted: one transaction
 * @param device - with the secret of its encryption key
 */
export async function openCommand(
  wire: Uint8Array,
  device: {
    readonly networkTag: Uint8Array
    readonly deviceId: Uint8Array
    readonly encryptionSecret: Uint8Array
  }
): Promise<Verdict<OpenCommandFault, OpenedCommand>> {
  const { networkTag, deviceId, encryptionSecret } = device
  const judged = judgeTransaction(wire, networkTag)
  if (!judged.ok || judged.value.body.kind !== 'command') return reject('COMMAND_MALFORMED')
  const { id: commandId, body: command } = judged.value
  if (!equalBytes(command.deviceId, deviceId)) return reject('COMMAND_OF_OTHER_DEVICE')
  const wrap = { enc: command.enc, ciphertext: command.sealed }
  const opened = await openSealed(encryptionSecret, wrap, {
    info: commandInfo(networkTag, command)
  })
  if (!opened.ok) return opened
  const { plaintext, exportSecret } = opened.value
  return acceptAs({ commandId, command, plaintext, replySecret: await exportSecret(REPLY_TAG) })
}

/** The content of the message that answers a command. */
export function encodeReply(
  { commandId, resultCode, answer }: Reply,
  replySecret: Uint8Array,
  randomBytes: RandomBytes
): Uint8Array {
  if (answer === null) return encodeCbor([commandId, resultCode, null])
  const salt = randomBytes(SALT_BYTES)
  const cipher = replyCipher({ commandId, resultCode }, replySecret, salt)
  return encodeCbor([commandId, resultCode, concatBytes(salt, cipher.encrypt(answer))])
}

/** The command that a reply answers; undefined when the content is no reply. */
export function replyCommandId(content: Uint8Array): Uint8Array | undefined {
  return replyFields(decodeCbor(content))?.[0]
}

/**
 * Reads the content of a reply as the controller that sent the command.
 *
 * @param content - of a message of the device whose receipt was checked
 */
export function openReply(
  content: Uint8Array,
  sent: { readonly commandId: Uint8Array; readonly replySecret: Uint8Array }
): Verdict<ReplyFault, Reply> {
  const read = replyFields(decodeCbor(content))
  if (read === undefined) return reject('REPLY_MALFORMED')
  const [commandId, resultCode, sealed] = read
  if (!equalBytes(commandId, sent.commandId)) return reject('REPLY_TO_OTHER_COMMAND')
  if (sealed === null) return acceptAs({ commandId, resultCode, answer: null })
  if (sealed.length < SEAL_BYTES) return reject('REPLY_SEAL_WRONG')
  const salt = sealed.subarray(0, SALT_BYTES)
  try {
    const cipher = replyCipher({ commandId, resultCode }, sent.replySecret, salt)
    return acceptAs({ commandId, resultCode, answer: cipher.decrypt(sealed.subarray(SALT_BYTES)) })
  } catch {
    // The library throws on a wrong tag: to us, bytes of a stranger.
    return reject('REPLY_SEAL_WRONG')
  }
}

function commandInfo(
  networkTag: Uint8Array,
  place: Parameters<typeof commandContext>[0]
): Uint8Array {
  return concatBytes(COMMAND_TAG, networkTag, encodeCbor(commandContext(place)))
}

function replyCipher(
  { commandId, resultCode }: Omit<Reply, 'answer'>,
  replySecret: Uint8Array,
  salt: Uint8Array
): ReturnType<typeof chacha20poly1305> {
  const replyKey = hkdf(sha256, replySecret, salt, concatBytes(REPLY_TAG, commandId), 32)
  return chacha20poly1305(replyKey, NONCE, encodeCbor([commandId, resultCode]))
}
