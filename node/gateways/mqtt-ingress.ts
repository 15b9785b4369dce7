/**
 * MQTT ingress: what becomes of the bytes a client publishes on a device's `up`.
 *
 * @module
 */

import { decodeTransaction, equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import type { LedgerService, TransactionStatus } from '../ledger-service.ts'
import type { Custody } from './custody.ts'
import { readForeignPayload } from './foreign-payload.ts'
import type { TopicRule } from './mqtt-topic-map.ts'

/** Reason codes of MQTT 5.0 §2.4 that the gateway answers with. */
export const REASON: {
  readonly refused: 0x83
  readonly notAuthorized: 0x87
  readonly quotaExceeded: 0x97
  readonly payloadInvalid: 0x99
} = {
  refused: 0x83,
  notAuthorized: 0x87,
  quotaExceeded: 0x97,
  payloadInvalid: 0x99
}

/** What to tell about a published message. */
export type Reaction =
  | { readonly kind: 'taken'; readonly text: string }
  | {
      readonly kind: 'refused'
      readonly reason: typeof REASON.refused | typeof REASON.payloadInvalid
      readonly text: string
      /** Whether the bytes named the topic's device, so that its listeners are told as well. */
      readonly isOfDevice: boolean
    }
  | { readonly kind: 'busy'; readonly text: string }
  /** A message of another device than the topic's. */
  | { readonly kind: 'foreign' }

/** A published message, not judged yet. */
export interface Publication {
  /** Of the topic, in lower-case hex. */
  readonly deviceId: string
  readonly payload: Uint8Array
  /** Names the surface and remote. */
  readonly source: string
}

/** Judges a message that was published on a device's `up`, and hands it to the ledger. */
export async function takePublication(
  { deviceId, payload, source }: Publication,
  networkTag: Uint8Array,
  ledger: Pick<LedgerService, 'submit'>
): Promise<Reaction> {
  // Copied, or one message that is kept would keep all that was read with it.
  const wire = new Uint8Array(payload)
  const decoded = decodeTransaction(wire, networkTag)
  if (!decoded.ok) return malformed(decoded.fault)
  const { body, id } = decoded.value
  if (body.kind !== 'device-message') return malformed('KIND_NOT_ALLOWED')
  if (!equalBytes(body.deviceId, fromHex(deviceId) ?? new Uint8Array(0))) return { kind: 'foreign' }
  const submission = await ledger.submit(wire, source)
  switch (submission.kind) {
    case 'taken':
      return { kind: 'taken', text: statusText(submission.status) }
    case 'busy':
      return { kind: 'busy', text: resultText(id, null, submission.code) }
    case 'refused': {
      const { code, isStateless } = submission
      const reason = isStateless ? REASON.payloadInvalid : REASON.refused
      const text = resultText(id, 'refused', code)
      return { kind: 'refused', reason, text, isOfDevice: true }
    }
  }
}

/** A payload on a mapped topic, with the rule that it fits. */
export interface ForeignPublication {
  readonly rule: TopicRule
  readonly payload: Uint8Array
}

/** Has a payload signed for a device that is held; `taken` is said once that is on disk. */
export async function takeForeign(
  { rule, payload }: ForeignPublication,
  custody: Pick<Custody, 'say'>,
  nowSeconds: number
): Promise<Reaction> {
  const read = readForeignPayload(rule, payload, nowSeconds)
  if (!read.ok) return malformed(read.fault)
  const said = await custody.say(rule.device, read.value)
  switch (said.kind) {
    case 'stored':
      return { kind: 'taken', text: resultText(said.messageId, null, null) }
    case 'busy':
      return { kind: 'busy', text: resultText(null, null, said.code) }
    case 'refused':
      return malformed(said.code)
  }
}

/** Where a transaction stands, as `down` tells it. */
export function statusText(status: TransactionStatus): string {
  const { transactionId, stage, outcome, code, height } = status
  return JSON.stringify({ transactionId: toHex(transactionId), stage, outcome, code, height })
}

function malformed(code: string): Reaction {
  const text = resultText(null, 'refused', code)
  return { kind: 'refused', reason: REASON.payloadInvalid, text, isOfDevice: false }
}

function resultText(
  transactionId: Uint8Array | null,
  outcome: 'refused' | null,
  code: string | null
): string {
  const id = transactionId === null ? null : toHex(transactionId)
  return JSON.stringify({ transactionId: id, stage: null, outcome, code, height: null })
}
