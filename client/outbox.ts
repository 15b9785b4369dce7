/**
 * The outbox: what a device has signed and not yet seen settled, as pure steps.
 *
 * Each step takes the state and gives the next one; nothing is sent before the
 * next state is stored. A state holds the private key of the next message only,
 * so a message that is in it can never be signed again with other content.
 *
 * @see ../protocol/SPEC.md §4.6 What a device does
 * @module
 */

import {
  DEVICE_MESSAGE_KIND,
  encodeDeviceMessage,
  equalBytes,
  invariant,
  keyHash,
  type PrivateKey,
  publicKeyOf,
  RATCHET_NEVER,
  readDeviceMessageEnvelope
} from '../protocol/index.ts'
import type { DataKey } from './sealed-data.ts'
import {
  carriedContent,
  DATA_KEY_MISSING,
  forgetDataKeys,
  isSayable,
  mendSealing,
  type SealingState,
  sealingEpochOf,
  takeDataKey,
  waitsForKey
} from './sealed-outbox.ts'
import { joinTransaction, signBody } from './signed-transaction.ts'
import { readMessage, type SpokenMessage } from './spoken-message.ts'

/** A block that a device vouches to have known when it signed. */
export interface Anchor {
  readonly height: number
  /** First 16 bytes of the block's id. */
  readonly blockId: Uint8Array
}

/** What a device says, before it is signed. */
export interface DeviceContent {
  readonly contentKind: number
  readonly content: Uint8Array
}

/** A signed message whose outcome is not known yet. What it says is on the wire, open or sealed. */
export interface UnconfirmedMessage {
  readonly messageId: Uint8Array
  readonly wire: Uint8Array
}

/** Content that the ledger found void and that no rule can mend by itself. */
export interface HeldContent extends DeviceContent {
  readonly code: string
}

/** Everything that a device must not forget. */
export interface OutboxState extends SealingState {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** Messages in a row that one key may sign: 1, k, or RATCHET_NEVER. */
  readonly ratchetEvery: number
  readonly incarnation: number
  readonly sequence: number
  /** The last message, or the act that began the incarnation; null before the first claim. */
  readonly headMessageId: Uint8Array | null
  /** Signs the next message. */
  readonly signingKey: PrivateKey
  /** Messages that this key has signed already. */
  readonly signingKeyUses: number
  /** Will sign the first message of the coming incarnation, once it was prepared. */
  readonly comingKey: PrivateKey | null
  readonly anchor: Anchor
  /** The anchor of who cannot verify: block 0. */
  readonly genesisAnchor: Anchor
  readonly unconfirmed: readonly UnconfirmedMessage[]
  readonly held: readonly HeldContent[]
  /** How far the application's input was taken: it goes up with the message that says what was read. */
  readonly inputMark: number
}

/** Where fresh keys and salts come from. */
export interface Draw {
  readonly key: () => PrivateKey
  readonly salt: () => Uint8Array
}

/** What became of a message that was settled. */
export type Settled =
  /** It is on the ledger; its content is dropped. */
  | { readonly kind: 'confirmed' }
  /** It was void; its content was signed anew, mended. */
  | { readonly kind: 'said-again'; readonly message: UnconfirmedMessage }
  /** It was void, and its content waits for {@link sayHeld} or for the application to take it. */
  | { readonly kind: 'held'; readonly code: string }

/** Gives what to say instead of void content; undefined to hold it. */
export type CorrectContent = (content: DeviceContent, code: string) => DeviceContent | undefined

/** The state of a device that was just born. */
export function newOutbox(device: {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly signingKey: PrivateKey
  readonly ratchetEvery: number
  readonly genesisId: Uint8Array
  readonly isSealing?: boolean
}): OutboxState {
  const { networkTag, deviceId, signingKey, ratchetEvery, genesisId, isSealing = false } = device
  invariant(ratchetEvery >= 1 && ratchetEvery <= RATCHET_NEVER, 'a ratchet turns every 1 to 2^32−1')
  const genesisAnchor = { height: 0, blockId: new Uint8Array(genesisId.subarray(0, 16)) }
  return {
    networkTag,
    deviceId,
    ratchetEvery,
    incarnation: 0,
    sequence: 0,
    headMessageId: null,
    signingKey,
    signingKeyUses: 0,
    comingKey: null,
    anchor: genesisAnchor,
    genesisAnchor,
    unconfirmed: [],
    held: [],
    inputMark: 0,
    dataKeys: [],
    dataKeyEpoch: 0,
    isSealing
  }
}

/** Signs the next message. A fresh key is drawn when the ratchet turns. */
export function signNext(
  state: OutboxState,
  { contentKind, content }: DeviceContent,
  draw: Draw
): { readonly state: OutboxState; readonly message: UnconfirmedMessage } {
  const { networkTag, deviceId, incarnation, signingKey, anchor, headMessageId } = state
  const dataKeyEpoch = sealingEpochOf(state, contentKind)
  invariant(headMessageId !== null, 'a device speaks after its incarnation began')
  invariant(dataKeyEpoch !== undefined, 'what is for readers alone is said when there is a key')
  const keepsKey =
    state.ratchetEvery === RATCHET_NEVER || state.signingKeyUses + 1 < state.ratchetEvery
  const nextKey = keepsKey ? signingKey : draw.key()
  const sequence = state.sequence + 1
  const fields = {
    deviceId,
    incarnation,
    sequence,
    previousMessageId: headMessageId,
    signingKey: publicKeyOf(signingKey),
    nextSigningKeyHash: keyHash(publicKeyOf(nextKey)),
    anchorHeight: anchor.height,
    anchorId: anchor.blockId,
    contentKind,
    dataKeyEpoch
  }
  const carried = carriedContent(state, fields, { content, drawSalt: draw.salt })
  const body = encodeDeviceMessage(fields, carried)
  const place = { networkTag, kind: DEVICE_MESSAGE_KIND, role: 'device' } as const
  const signature = signBody(signingKey, body, place)
  const { transactionId, wire } = joinTransaction(networkTag, body, [signature], carried)
  const message = { messageId: transactionId, wire }
  const next = {
    ...state,
    sequence,
    headMessageId: transactionId,
    signingKey: nextKey,
    signingKeyUses: keepsKey ? state.signingKeyUses + 1 : 0,
    unconfirmed: [...state.unconfirmed, message]
  }
  return { state: next, message }
}

/** Takes a message that counted off the list; undefined when it is not on it. */
export function settleNext(
  state: OutboxState,
  outcome: { readonly messageId: Uint8Array; readonly voidCode: string | null },
  ports: { readonly draw: Draw; readonly correctContent: CorrectContent }
): { readonly state: OutboxState; readonly settled: Settled } | undefined {
  const { messageId, voidCode } = outcome
  const message = state.unconfirmed.find((other) => equalBytes(other.messageId, messageId))
  if (message === undefined) return undefined
  const unconfirmed = state.unconfirmed.filter((other) => other !== message)
  const rest = { ...state, unconfirmed }
  if (voidCode === null) return { state: forgetKeys(rest), settled: { kind: 'confirmed' } }
  const spoken = readMessage(state, message)
  const { state: mended, isMended } = mendState(rest, spoken, voidCode)
  const next = forgetKeys(mended)
  const corrected = isMended ? spoken.content : ports.correctContent(spoken.content, voidCode)
  if (corrected === undefined || !isSayable(next, corrected)) {
    const code = corrected === undefined ? voidCode : DATA_KEY_MISSING
    const held = [...next.held, { ...(corrected ?? spoken.content), code }]
    return { state: { ...next, held }, settled: { kind: 'held', code } }
  }
  const again = signNext(next, corrected, ports.draw)
  return { state: again.state, settled: { kind: 'said-again', message: again.message } }
}

/** Says all held content anew that can be said, oldest first. */
export function sayHeld(state: OutboxState, draw: Draw): SaidAnew {
  return signAll({ ...state, held: [] }, state.held, draw)
}

/** Takes a data key into force, and says what waited for one; undefined when the key is old. */
export function adoptNext(state: OutboxState, dataKey: DataKey, draw: Draw): SaidAnew | undefined {
  const taken = takeDataKey(state, dataKey)
  if (taken === undefined) return undefined
  const held = taken.held.filter((other) => !waitsForKey(other))
  return signAll(forgetKeys({ ...taken, held }), taken.held.filter(waitsForKey), draw)
}

/** Moves on to an incarnation: old messages are dead, their content is said anew. */
export function beginNext(
  state: OutboxState,
  begin: {
    readonly incarnation: number
    readonly headMessageId: Uint8Array
    readonly signingKey: PrivateKey
  },
  draw: Draw
): OutboxState {
  const fresh = {
    ...state,
    incarnation: begin.incarnation,
    headMessageId: begin.headMessageId,
    signingKey: begin.signingKey,
    signingKeyUses: 0,
    comingKey: null,
    sequence: 0,
    unconfirmed: [],
    // No key of an earlier incarnation is taken any more: the owner grants the next one.
    dataKeyEpoch: 0
  }
  const contents = state.unconfirmed.map((message) => ({
    ...readMessage(state, message).content,
    code: DATA_KEY_MISSING
  }))
  return forgetKeys(signAll(fresh, contents, draw).state)
}

/** A state after content was said anew, and the messages that say it. */
export interface SaidAnew {
  readonly state: OutboxState
  readonly messages: readonly UnconfirmedMessage[]
}

/** What cannot be said now is held. */
function signAll(state: OutboxState, contents: readonly HeldContent[], draw: Draw): SaidAnew {
  const messages: UnconfirmedMessage[] = []
  let next = state
  for (const content of contents) {
    if (!isSayable(next, content)) {
      next = { ...next, held: [...next.held, content] }
      continue
    }
    const signed = signNext(next, content, draw)
    next = signed.state
    messages.push(signed.message)
  }
  return { state: next, messages }
}

/** What the code of a void message says about the state, and whether that lets it be said again. */
function mendState(
  state: OutboxState,
  spoken: SpokenMessage,
  code: string
): { readonly state: OutboxState; readonly isMended: boolean } {
  if (code === 'ANCHOR_FALSE') {
    const { height, blockId } = state.anchor
    const isSame = height === spoken.anchor.height && equalBytes(blockId, spoken.anchor.blockId)
    // An anchor adopted since then may well be true; block 0 always is.
    const anchor = isSame ? state.genesisAnchor : state.anchor
    return { state: { ...state, anchor }, isMended: true }
  }
  // Changing the key with every message satisfies every profile.
  if (code === 'RATCHET_OVERDUE') return { state: { ...state, ratchetEvery: 1 }, isMended: true }
  return mendSealing(state, spoken.dataKeyEpoch, code) ?? { state, isMended: false }
}

/** The state without data keys that nothing needs any more. */
export function forgetKeys(state: OutboxState): OutboxState {
  return forgetDataKeys(state, () =>
    state.unconfirmed.map(({ wire }) => readDeviceMessageEnvelope(wire)?.message.dataKeyEpoch ?? 0)
  )
}
