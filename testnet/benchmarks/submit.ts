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
export async function submitAll(
  nodeUrl: string,
  wires: readonly Uint8Array[],
  query: string
): Promise<SubmitResult[]> {
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
    return wires.map(() => 'busy')
  }
  const { results } = answer as {
    readonly results?: readonly {
      readonly transaction?: unknown
      readonly problem?: { readonly status: number }
    }[]
  }
  if (results === undefined) return wires.map(() => problemResult(response.status))
  return results.map(({ transaction, problem }) =>
    transaction === undefined ? problemResult(problem?.status ?? 0) : 'taken'
  )
}

/**
 * Brings a fleet onto the ledger, step by step.
 *
 * @throws {@link NodeError} REQUEST_FAILED when the node does not take one of its transactions
 */
export async function registerFleet(nodeUrl: string, { steps }: Fleet): Promise<void> {
  for (const step of steps)
    for (let start = 0; start < step.length; start += CLAIMS_PER_REQUEST) {
      const part = step.slice(start, start + CLAIMS_PER_REQUEST)
      const results = await submitAll(nodeUrl, part, FINAL_WAIT)
      const spoilt = results.find((result) => result !== 'taken')
      if (spoilt !== undefined)
        throw new NodeError(
          'REQUEST_FAILED',
          `${nodeUrl}: a transaction of the fleet's registration was ${spoilt}`
        )
    }
}

function problemResult(status: number): SubmitResult {
  return status === TOO_MANY_REQUESTS || status >= SERVER_TROUBLE ? 'busy' : 'refused'
}
