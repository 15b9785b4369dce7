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
import { joinTransaction, signBody } from './signed-transaction.ts'

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

/** A signed message whose outcome is not known yet. Its plaintext is the content on the wire. */
export interface UnconfirmedMessage {
  readonly messageId: Uint8Array
  readonly wire: Uint8Array
}

/** Content that the ledger found void and that no rule can mend by itself. */
export interface HeldContent extends DeviceContent {
  readonly code: string
}

/** Everything that a device must not forget. */
export interface OutboxState {
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
}): OutboxState {
  const { networkTag, deviceId, signingKey, ratchetEvery, genesisId } = device
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
    held: []
  }
}

/** Signs the next message. `drawKey` is asked for a fresh key when the ratchet turns. */
export function signNext(
  state: OutboxState,
  { contentKind, content }: DeviceContent,
  drawKey: () => PrivateKey
): { readonly state: OutboxState; readonly message: UnconfirmedMessage } {
  const { networkTag, deviceId, incarnation, signingKey, anchor, headMessageId } = state
  invariant(headMessageId !== null, 'a device speaks after its incarnation began')
  const keepsKey =
    state.ratchetEvery === RATCHET_NEVER || state.signingKeyUses + 1 < state.ratchetEvery
  const nextKey = keepsKey ? signingKey : drawKey()
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
    dataKeyEpoch: 0
  }
  const body = encodeDeviceMessage(fields, content)
  const place = { networkTag, kind: DEVICE_MESSAGE_KIND, role: 'device' } as const
  const signature = signBody(signingKey, body, place)
  const { transactionId, wire } = joinTransaction(networkTag, body, [signature], content)
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
  ports: { readonly drawKey: () => PrivateKey; readonly correctContent: CorrectContent }
): { readonly state: OutboxState; readonly settled: Settled } | undefined {
  const { messageId, voidCode } = outcome
  const message = state.unconfirmed.find((other) => equalBytes(other.messageId, messageId))
  if (message === undefined) return undefined
  const unconfirmed = state.unconfirmed.filter((other) => other !== message)
  const rest = { ...state, unconfirmed }
  if (voidCode === null) return { state: rest, settled: { kind: 'confirmed' } }
  const { anchor, content } = readMessage(message)
  const mended = mendState(rest, anchor, voidCode)
  const corrected = mended === rest ? ports.correctContent(content, voidCode) : content
  if (corrected === undefined) {
    const held = [...rest.held, { ...content, code: voidCode }]
    return { state: { ...rest, held }, settled: { kind: 'held', code: voidCode } }
  }
  const again = signNext(mended, corrected, ports.drawKey)
  return { state: again.state, settled: { kind: 'said-again', message: again.message } }
}

/** Says all held content anew, oldest first. */
export function sayHeld(
  state: OutboxState,
  drawKey: () => PrivateKey
): { readonly state: OutboxState; readonly messages: readonly UnconfirmedMessage[] } {
  return signAll({ ...state, held: [] }, state.held, drawKey)
}

/** Moves on to an incarnation: old messages are dead, their content is said anew. */
export function beginNext(
  state: OutboxState,
  begin: {
    readonly incarnation: number
    readonly headMessageId: Uint8Array
    readonly signingKey: PrivateKey
  },
  drawKey: () => PrivateKey
): OutboxState {
  const fresh = {
    ...state,
    incarnation: begin.incarnation,
    headMessageId: begin.headMessageId,
    signingKey: begin.signingKey,
    signingKeyUses: 0,
    comingKey: null,
    sequence: 0,
    unconfirmed: []
  }
  const contents = state.unconfirmed.map((message) => readMessage(message).content)
  return signAll(fresh, contents, drawKey).state
}

function signAll(
  state: OutboxState,
  contents: readonly DeviceContent[],
  drawKey: () => PrivateKey
): { readonly state: OutboxState; readonly messages: readonly UnconfirmedMessage[] } {
  const messages: UnconfirmedMessage[] = []
  let next = state
  for (const content of contents) {
    const signed = signNext(next, content, drawKey)
    next = signed.state
    messages.push(signed.message)
  }
  return { state: next, messages }
}

/** What the code of a void message says about the state; the same state when it says nothing. */
function mendState(state: OutboxState, spokenAnchor: Anchor, code: string): OutboxState {
  if (code === 'ANCHOR_FALSE') {
    const { height, blockId } = state.anchor
    const isSame = height === spokenAnchor.height && equalBytes(blockId, spokenAnchor.blockId)
    // An anchor adopted since then may well be true; block 0 always is.
    return { ...state, anchor: isSame ? state.genesisAnchor : state.anchor }
  }
  // Changing the key with every message satisfies every profile.
  if (code === 'RATCHET_OVERDUE') return { ...state, ratchetEvery: 1 }
  return state
}

function readMessage({ wire }: UnconfirmedMessage): {
  readonly anchor: Anchor
  readonly content: DeviceContent
} {
  const envelope = readDeviceMessageEnvelope(wire)
  invariant(envelope !== undefined, 'the outbox holds messages that it encoded itself')
  const { anchorHeight, anchorId, contentKind } = envelope.message
  return {
    anchor: { height: anchorHeight, blockId: anchorId },
    content: { contentKind, content: envelope.content }
  }
}

/** A network as those know it that go over to it: with its first block, which becomes the anchor. */
export interface FoundedNetwork {
  readonly networkTag: Uint8Array
  readonly genesisId: Uint8Array
  readonly genesisHeight: number
}

/**
 * Goes over to a network that was founded anew; undefined while messages are not settled and the
 * head that was proved there is not the last of them.
 */
export function goOver(
  state: OutboxState,
  { networkTag, genesisId, genesisHeight: height }: FoundedNetwork,
  provedHeadId?: Uint8Array
): OutboxState | undefined {
  const { headMessageId, unconfirmed } = state
  const isChainThere =
    headMessageId !== null && provedHeadId !== undefined && equalBytes(headMessageId, provedHeadId)
  if (unconfirmed.length > 0 && !isChainThere) return undefined
  const anchor = { height, blockId: new Uint8Array(genesisId.subarray(0, 16)) }
  return { ...state, networkTag, anchor, genesisAnchor: anchor, unconfirmed: [] }
}
