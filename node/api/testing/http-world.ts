/**
 * A running API over a ledger in memory, for tests over real sockets.
 *
 * @module
 */

import { createHttpApi, type HttpApi, type HttpApiOptions, type HttpApiPorts } from '../http-api.ts'
import { createMemoryLedger, type MemoryLedger } from './memory-ledger.ts'
import { createTestDevice, type TestDevice } from './test-device.ts'

/** An API that listens, with the ledger beneath and a device that is registered there. */
export interface HttpWorld {
  readonly api: HttpApi
  readonly port: number
  readonly base: string
  readonly ledger: MemoryLedger
  readonly device: TestDevice
  /** What was reported as a bug. */
  readonly bugs: readonly unknown[]
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>
  readonly post: (query: string, mediaType: string, body: Uint8Array | string) => Promise<Response>
}

/** What the API is told of a broker that is not there. */
const MQTT_PORT = 18_830
/** What a test wants otherwise than a node has it that was told nothing. */
export type WorldOptions = Omit<HttpApiOptions, 'host' | 'port'> & Pick<HttpApiPorts, 'tokens'>

/** Runs a test in a fresh world and stops the API afterwards. */
export function withHttp(
  run: (world: HttpWorld) => Promise<void>,
  { tokens = null, ...options }: WorldOptions = {}
): () => Promise<void> {
  return async () => {
    const ledger = createMemoryLedger()
    const device = createTestDevice(ledger.networkTag, 1)
    ledger.register(device.deviceId)
    const bugs: unknown[] = []
    const api = createHttpApi(
      { host: '127.0.0.1', port: 0, ...options },
      {
        ledger: ledger.service,
        genesis: { networkId: 'test' },
        mqttPort: () => MQTT_PORT,
        tokens,
        reportBug: (error) => void bugs.push(error)
      }
    )
    await api.start()
    const port = api.address()?.port ?? 0
    const base = `http://127.0.0.1:${port}`
    try {
      await run({
        api,
        port,
        base,
        ledger,
        device,
        bugs,
        get: (path, headers) => fetch(`${base}${path}`, { headers: headers ?? {} }),
        post: (query, mediaType, body) =>
          fetch(`${base}/v1/transactions${query}`, {
            method: 'POST',
            headers: { 'content-type': mediaType },
            // An own copy: what is sent is a plain buffer, whoever made the bytes.
            body: typeof body === 'string' ? body : new Uint8Array(body)
          })
      })
    } finally {
      await api.stop()
    }
  }
}
