/**
 * What clients ask during chaos: each question has a deadline, for a frozen node answers nothing.
 *
 * @module
 */

import type { TransactionJson } from '../live/node-questions.ts'

/** What a node said to a client. */
export type Said =
  | { readonly kind: 'stands'; readonly transaction: TransactionJson }
  /** A coded answer that is none of the above. */
  | { readonly kind: 'problem'; readonly status: number; readonly code: string }
  /** Nothing in time, or nobody there. */
  | { readonly kind: 'silent' }

interface Body {
  readonly transaction?: TransactionJson
  readonly code?: string
}

const ASK_DEADLINE_MS = 5_000
/** Beyond what the node was asked to wait. */
const SUBMIT_MARGIN_MS = 3_000

/** Hands in a transaction; with a wait the answer comes when it is final or that long has passed. */
export function submitTo(url: string, wire: Uint8Array, waitMs = 0): Promise<Said> {
  const query = waitMs === 0 ? '' : `?wait=final&timeoutMs=${waitMs}`
  return ask(`${url}/v1/transactions${query}`, waitMs + SUBMIT_MARGIN_MS, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor' },
    body: new Uint8Array(wire)
  })
}

/** Asks where a transaction stands. */
export function askTransaction(url: string, id: string): Promise<Said> {
  return ask(`${url}/v1/transactions/${id}`, ASK_DEADLINE_MS)
}

async function ask(url: string, deadlineMs: number, init: RequestInit = {}): Promise<Said> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(deadlineMs) })
    const { transaction, code = '' } = (await response.json()) as Body
    return transaction === undefined
      ? { kind: 'problem', status: response.status, code }
      : { kind: 'stands', transaction }
  } catch {
    // Killed, frozen or gone in the middle of it: all the same to a client.
    return { kind: 'silent' }
  }
}
