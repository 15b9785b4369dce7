/**
 * The metrics listener: one page for collectors, on an address of its own.
 *
 * It stands apart from the API, so that neither can be reached through the other.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Gateway, ListenAddress } from '../gateways/gateway.ts'
import { addressOf, limitConnections, listen } from '../gateways/listening.ts'
import {
  HEADERS_MAX,
  METRICS_CONNECTION_LIMITS,
  REQUESTS_PER_SOCKET_MAX,
  SERVER_OPTIONS
} from './http-limits.ts'

/** The media type of the Prometheus text format. */
const MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What the listener needs of others. */
export interface MetricsListenerPorts {
  readonly metricsText: () => Promise<string>
  /** Hears of errors that no request should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** Builds the listener; it listens once started. */
export function createMetricsListener(at: ListenAddress, ports: MetricsListenerPorts): Gateway {
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    void answer(request, response, ports)
  })
  server.maxHeadersCount = HEADERS_MAX
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET_MAX
  limitConnections(server, METRICS_CONNECTION_LIMITS)
  return {
    name: 'metrics',
    start: () => listen(server, at, 'metrics'),
    stop: async () => {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.once('close', resolve))
      server.close()
      server.closeAllConnections()
      await closed
    },
    address: () => addressOf(server)
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ports: MetricsListenerPorts
): Promise<void> {
  const path = request.url?.split('?')[0]
  if (path !== '/metrics') return send(response, 404, 'There is only /metrics here.\n')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return send(response, 405, 'Metrics are only read.\n')
  }
  try {
    send(response, 200, await ports.metricsText())
  } catch (error) {
    ports.reportBug(error)
    send(response, 500, 'The metrics could not be collected; the node logged why.\n')
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  const isText = status === 200
  response.writeHead(status, { 'content-type': isText ? MEDIA_TYPE : 'text/plain; charset=utf-8' })
  response.end(text)
}
