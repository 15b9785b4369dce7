/**
 * The nodes that a running device speaks to: one at a time, and the next one when that fails it.
 *
 * @module
 */

import { createHttpClient, type Transport } from '../../client/index.ts'

/** One of several nodes. */
export interface DeviceNodes {
  readonly transport: () => Transport
  readonly url: () => string
  /** Goes on to the next one. */
  readonly moveOn: () => void
}

const TIMEOUT_MS = 5_000

/** Nodes in order of preference. */
export function createDeviceNodes(urls: readonly [string, ...string[]]): DeviceNodes {
  const transports = urls.map((url) => createHttpClient({ baseUrls: [url], timeoutMs: TIMEOUT_MS }))
  let present = 0
  return {
    transport: () => transports[present] as Transport,
    url: () => urls[present] as string,
    moveOn: () => {
      present = (present + 1) % urls.length
    }
  }
}
