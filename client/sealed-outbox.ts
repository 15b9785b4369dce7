/**
 * The sealing part of an outbox: the data keys that a device holds, and what it says under them.
 *
 * The plaintext of a message that is not settled is what the message seals, so its key is kept for
 * as long as it is on the list. Said anew, content is sealed anew, under the key then in force and
 * with a fresh salt. A device that sealed once never falls back to clear words by itself: without a
 * key it says nothing that is meant for readers alone.
 *
 * @module
 */

import {
  CONTENT_KINDS,
  type DeviceMessageEnvelope,
  equalBytes,
  invariant
} from '../protocol/index.ts'
import {
  type DataKey,
  openContent,
  SEAL_BYTES,
  type SealedHeader,
  sealContent
} from './sealed-data.ts'

/** What an outbox must not forget of its sealing. */
export interface SealingState {
  /** Of the epoch in force and of messages that are not settled, in ascending order. */
  readonly dataKeys: readonly DataKey[]
  /** The epoch in force; 0 where there is none. */
  readonly dataKeyEpoch: number
  /** Readings and alarms are said sealed, or not at all. */
  readonly isSealing: boolean
}

/** The code of content that is held because there is no key to seal it under. */
export const DATA_KEY_MISSING = 'DATA_KEY_MISSING'

/** What the ledger says of a data key that is not the one in force. */
const KEY_CODES: readonly string[] = ['DATA_KEY_UNSET', 'DATA_KEY_OLD', 'DATA_KEY_UNKNOWN']
/** Content that was held for one of these can be said once there is a key. */
const WAITS_FOR_KEY: readonly string[] = [DATA_KEY_MISSING, 'SEALING_REQUIRED', ...KEY_CODES]

/** The epoch under which content of a kind is said; 0 for clear, undefined when it cannot be said. */
export function sealingEpochOf(
  { dataKeyEpoch, isSealing }: SealingState,
  contentKind: number
): number | undefined {
  if (CONTENT_KINDS.get(contentKind)?.sealedByProfile !== true) return 0
  return isSealing && dataKeyEpoch === 0 ? undefined : dataKeyEpoch
}

/** Whether content can be said now: what is for readers alone needs a key. */
export function isSayable(
  state: SealingState,
  { contentKind }: { readonly contentKind: number }
): boolean {
  return sealingEpochOf(state, contentKind) !== undefined
}

/** How much longer content of a kind gets on the wire. */
export function sealingBytesOf(state: SealingState, contentKind: number): number {
  return (sealingEpochOf(state, contentKind) ?? 0) === 0 ? 0 : SEAL_BYTES
}

/** What a message carries: the content, or the content sealed. */
export function carriedContent(
  { dataKeys }: SealingState,
  header: SealedHeader,
  { content, drawSalt }: { readonly content: Uint8Array; readonly drawSalt: () => Uint8Array }
): Uint8Array {
  if (header.dataKeyEpoch === 0) return content
  return sealContent(keyOf(dataKeys, header.dataKeyEpoch), header, content, drawSalt())
}

/** What a message of this device's own says. */
export function saidContent(
  { dataKeys }: SealingState,
  { message, content }: Pick<DeviceMessageEnvelope, 'message' | 'content'>
): Uint8Array {
  if (message.dataKeyEpoch === 0) return content
  const opened = openContent(keyOf(dataKeys, message.dataKeyEpoch), message, content)
  invariant(opened.ok, 'the outbox opens what it sealed itself')
  return opened.value
}

/** Takes a key into force; undefined when it is older than one that is held. */
export function takeDataKey<State extends SealingState>(
  state: State,
  { epoch, bytes }: DataKey
): State | undefined {
  const newest = Math.max(state.dataKeyEpoch, ...state.dataKeys.map((key) => key.epoch))
  const known = state.dataKeys.find((key) => key.epoch === epoch)
  const isOther = known !== undefined && !equalBytes(known.bytes, bytes)
  if (epoch < Math.max(newest, 1) || isOther) return undefined
  const dataKeys = known === undefined ? [...state.dataKeys, { epoch, bytes }] : state.dataKeys
  return { ...state, dataKeys, dataKeyEpoch: epoch, isSealing: true }
}

/** Whether held content is worth saying again, now that a key was taken. */
export function waitsForKey({ code }: { readonly code: string }): boolean {
  return WAITS_FOR_KEY.includes(code)
}

/**
 * What the code of a void message says about sealing; undefined when it says nothing.
 *
 * A key that the ledger does not know any more is in force no longer, unless a newer one already is.
 */
export function mendSealing<State extends SealingState>(
  state: State,
  spokenEpoch: number,
  code: string
): { readonly state: State; readonly isMended: boolean } | undefined {
  const hasNewer = state.dataKeyEpoch > spokenEpoch
  if (code === 'SEALING_REQUIRED')
    return { state: { ...state, isSealing: true }, isMended: hasNewer }
  if (!KEY_CODES.includes(code)) return undefined
  return { state: hasNewer ? state : { ...state, dataKeyEpoch: 0 }, isMended: hasNewer }
}

/** Lets go of the keys that neither future messages nor those on the list need. */
export function forgetDataKeys<State extends SealingState>(
  state: State,
  epochsOnList: () => readonly number[]
): State {
  const { dataKeys, dataKeyEpoch } = state
  if (dataKeys.every(({ epoch }) => epoch === dataKeyEpoch)) return state
  const needed = new Set([dataKeyEpoch, ...epochsOnList()])
  return { ...state, dataKeys: dataKeys.filter(({ epoch }) => needed.has(epoch)) }
}

function keyOf(dataKeys: readonly DataKey[], epoch: number): DataKey {
  const dataKey = dataKeys.find((key) => key.epoch === epoch)
  invariant(dataKey !== undefined, 'the keys of messages on the list are kept')
  return dataKey
}
