/**
 * What the live tests ask nodes over HTTP, with whatever answer they get.
 *
 * @module
 */

import { waitFor } from './live-net.ts'

/** A transaction's place, as JSON tells it. */
export interface TransactionJson {
  readonly transactionId: string
  readonly stage: string
  readonly outcome: string | null
  readonly code: string | null
  readonly height: number | null
  readonly acceptedReceipt?: string | null
}

/** All that bodies of answers may hold. */
export interface AnswerBody {
  readonly transaction?: TransactionJson
  readonly results?: readonly {
    readonly transaction?: TransactionJson
    readonly problem?: { readonly code: string }
  }[]
  readonly readings?: readonly Readonly<Record<string, unknown>>[]
  readonly state?: { readonly value: string | null }
  readonly receipt?: { readonly outcome: string }
  readonly type?: string
  readonly code?: string
}

/** An answer, good or bad. */
export interface Answer {
  readonly status: number
  readonly mediaType: string
  readonly body: AnswerBody
}

/** Hands in bytes. */
export async function submit(
  url: string,
  wire: Uint8Array,
  { query = '', mediaType = 'application/cbor' }: { query?: string; mediaType?: string } = {}
): Promise<Answer> {
  const response = await fetch(`${url}/v1/transactions${query}`, {
    method: 'POST',
    headers: { 'content-type': mediaType },
    body: new Uint8Array(wire)
  })
  return answerOf(response)
}

/** Hands in bytes and waits until they are final; the answer may come earlier all the same. */
export function submitFinal(url: string, wire: Uint8Array): Promise<Answer> {
  return submit(url, wire, { query: '?wait=final&timeoutMs=30000' })
}

/** Asks for JSON. */
export async function ask(url: string, path: string): Promise<Answer> {
  return answerOf(await fetch(`${url}${path}`))
}

/** Asks for CBOR; undefined for anything but a good answer. */
export async function askBytes(url: string, path: string): Promise<Uint8Array | undefined> {
  const response = await fetch(`${url}${path}`, { headers: { accept: 'application/cbor' } })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return response.status === 200 ? bytes : undefined
}

/** Waits until a node says that a transaction is final. */
export function waitForFinal(url: string, transactionId: string): Promise<TransactionJson> {
  return waitFor(`${transactionId.slice(0, 8)} to be final at ${url}`, async () => {
    const { body } = await ask(url, `/v1/transactions/${transactionId}`)
    return body.transaction?.stage === 'final' ? body.transaction : undefined
  })
}

/** A device's record in the state, as hex. */
export async function recordOf(url: string, deviceId: string): Promise<string | null | undefined> {
  return (await ask(url, `/v1/state/devices/${deviceId}`)).body.state?.value
}

async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    mediaType: response.headers.get('content-type') ?? '',
    body: (await response.json()) as AnswerBody
  }
}
