/**
 * What the doctor learns from outside the node: the clocks of others, and whether calls come through.
 *
 * The addresses are those of the ledger. What does not answer is no fact about this node, so it is
 * left out.
 *
 * @module
 */

import { connect } from 'node:net'
import { NodeError } from '../../errors.ts'
import { requestNode } from '../node-request.ts'
import type { OwnEndpoint } from './facts.ts'

const ASKED_MAX = 8
const DEADLINE_MS = 2_000
/** A `Date` is cut off to whole seconds: on average it is half of one behind. */
const DATE_CUT_MS = 500
const URL_PATTERN = /^https?:\/\/[a-zA-Z0-9.:[\]-]{1,120}\/?$/
const ADDRESS_PATTERN =
  /^\/(?:ip4|ip6|dns|dns4|dns6)\/([a-zA-Z0-9.:-]{1,120})\/tcp\/(\d{1,5})(?:\/|$)/

/** How far other nodes' clocks are ahead of this machine's, asked at their URLs all at once. */
export async function askClocks(endpoints: readonly string[]): Promise<readonly number[]> {
  const urls = endpoints.filter((text) => URL_PATTERN.test(text)).slice(0, ASKED_MAX)
  const found = await Promise.all(urls.map(clockAhead))
  return found.filter((aheadMs) => aheadMs !== null)
}

async function clockAhead(url: string): Promise<number | null> {
  const askedMs = Date.now()
  try {
    const { dateMs } = await requestNode(url, '/v1/echo', { deadlineMs: DEADLINE_MS })
    const middleMs = (askedMs + Date.now()) / 2
    return dateMs === null ? null : dateMs + DATE_CUT_MS - middleMs
  } catch (error) {
    if (error instanceof NodeError) return null
    throw error
  }
}

/** Calls the addresses of the own seat, as another node would. */
export function callEndpoints(endpoints: readonly string[]): Promise<readonly OwnEndpoint[]> {
  const addresses = endpoints.filter((text) => text.startsWith('/')).slice(0, ASKED_MAX)
  return Promise.all(
    addresses.map(async (address) => ({ address, isAnswering: await isAnswering(address) }))
  )
}

/** An address of a kind that cannot be called from here is taken for one that answers. */
function isAnswering(address: string): Promise<boolean> {
  const [, host, portText] = ADDRESS_PATTERN.exec(address) ?? []
  const port = Number(portText)
  if (host === undefined || !(port >= 1 && port <= 65_535)) return Promise.resolve(true)
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: DEADLINE_MS })
    const end = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
