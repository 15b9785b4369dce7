/**
 * Submitting over HTTP as a benchmark does it: many transactions in one request, and what became of
 * each.
 *
 * @module
 */

import { NodeError } from '../../node/errors.ts'
import { concatBytes } from '../../protocol/index.ts'
import type { Fleet } from './fleet.ts'

/** What a node said to one transaction; `busy` ones may be sent again. */
export type SubmitResult = 'taken' | 'refused' | 'busy'

/** The same with what is known of a refusal. */
export interface SubmitAnswer {
  readonly result: SubmitResult
  /** Of the problem; `NO_ANSWER` where there was none, null for what was taken. */
  readonly code: string | null
  /** When to come again; null where the node did not say. */
  readonly retryAfterSeconds: number | null
}

interface ProblemAnswer {
  readonly status: number
  readonly code?: string
}

const CLAIMS_PER_REQUEST = 64
const FINAL_WAIT = '?wait=final&timeoutMs=30000'
const ANSWER_DEADLINE_MS = 60_000
const TOO_MANY_REQUESTS = 429
const SERVER_TROUBLE = 500

/**
 * Hands transactions to a node.
 *
 * A request that gets no answer counts as busy: sent again, what was taken is known by its id.
 *
 * @param query - empty, or with its question mark
 */
export async function submitList(
  nodeUrl: string,
  wires: readonly Uint8Array[],
  query: string
): Promise<readonly SubmitAnswer[]> {
  let response: Response
  let answer: unknown
  try {
    response = await fetch(`${nodeUrl}/v1/transactions${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor-seq' },
      body: concatBytes(...wires) as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS)
    })
    answer = await response.json()
  } catch {
    // The node closed the connection or is gone: the next try, or the verdict in the end, tells.
    return wires.map(() => ({ result: 'busy', code: 'NO_ANSWER', retryAfterSeconds: null }))
  }
  const { results, code } = answer as {
    readonly code?: string
    readonly results?: readonly {
      readonly transaction?: unknown
      readonly problem?: ProblemAnswer
      readonly retryAfterSeconds?: number | null
    }[]
  }
  if (results === undefined) {
    const header = Number(response.headers.get('retry-after') ?? Number.NaN)
    const whole = answerOf(
      { status: response.status, ...(code === undefined ? {} : { code }) },
      Number.isFinite(header) ? header : null
    )
    return wires.map(() => whole)
  }
  return results.map(({ transaction, problem, retryAfterSeconds = null }) =>
    transaction === undefined
      ? answerOf(problem ?? { status: 0 }, retryAfterSeconds)
      : { result: 'taken', code: null, retryAfterSeconds: null }
  )
}

/**
 * Brings a fleet onto the ledger, step by step.
 *
 * @throws {@link NodeError} REQUEST_FAILED when the node does not take one of its transactions
 */
export async function registerFleet(nodeUrl: string, { steps }: Fleet): Promise<void> {
  for (const step of steps) await registerStep(nodeUrl, step)
}

/**
 * Brings transactions onto the ledger, some at a time, each until it is final.
 *
 * @throws {@link NodeError} REQUEST_FAILED when the node does not take one of them
 */
export async function registerStep(nodeUrl: string, step: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < step.length; start += CLAIMS_PER_REQUEST) {
    const part = step.slice(start, start + CLAIMS_PER_REQUEST)
    const answers = await submitList(nodeUrl, part, FINAL_WAIT)
    const spoilt = answers.find(({ result }) => result !== 'taken')
    if (spoilt !== undefined)
      throw new NodeError(
        'REQUEST_FAILED',
        `${nodeUrl}: a transaction of the fleet's registration was ${spoilt.result}, ${spoilt.code}`
      )
  }
}

function answerOf({ status, code }: ProblemAnswer, retryAfterSeconds: number | null): SubmitAnswer {
  const isBusy = status === TOO_MANY_REQUESTS || status >= SERVER_TROUBLE
  return { result: isBusy ? 'busy' : 'refused', code: code ?? `HTTP_${status}`, retryAfterSeconds }
}
