/**
 * Limits of the HTTP listeners: what a caller may cost before he has said anything useful.
 *
 * @module
 */

import type { ServerOptions } from 'node:http'
import type { TlsOptions } from 'node:tls'
import type { ConnectionLimits } from '../gateways/listening.ts'

/** Connections of the API: in all, and from one remote address. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: 512,
  connectionsPerAddressMax: 32
}

/** Connections of the metrics listener: one collector, and a person with a browser. */
export const METRICS_CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: 16,
  connectionsPerAddressMax: 16
}

/** Whole requests must have arrived by then; a waiting answer may take longer. */
export const REQUEST_TIMEOUT_MS = 15_000
/** Idle connections are closed after that. */
export const KEEP_ALIVE_TIMEOUT_MS = 5_000
/** Requests on one connection, so that it moves on to another node now and then. */
export const REQUESTS_PER_SOCKET_MAX = 1_000
/** Headers beyond that are not read. */
export const HEADERS_MAX = 64
/** How long a stopping listener lets requests in flight finish. */
export const STOP_DEADLINE_MS = 2_000

/** What node's HTTP server is created with. */
export const SERVER_OPTIONS: ServerOptions = {
  maxHeaderSize: 8_192,
  headersTimeout: 10_000,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  connectionsCheckingInterval: 2_000
}

/** What TLS is spoken by, beside the certificate: nothing old, and no endless handshake. */
export const TLS_OPTIONS: TlsOptions = { minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }
