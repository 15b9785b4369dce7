/**
 * The port that every gateway fills: one way in from the outside world.
 *
 * A gateway speaks to the ledger through LedgerService only; node.ts starts and
 * stops all of them alike and prints where they listen.
 *
 * @module
 */

/** Where something listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** One way into the ledger. */
export interface Gateway {
  /** What people call it: HTTP, MQTT. */
  readonly name: string
  /** @throws NodeError ADDRESS_IN_USE or CONFIGURATION_WRONG, naming host and port */
  start(): Promise<void>
  /** Stops taking anything in, ends every connection, and frees the port. Harmless when repeated. */
  stop(): Promise<void>
  /** The address it listens on; null while it does not. */
  address(): ListenAddress | null
}
