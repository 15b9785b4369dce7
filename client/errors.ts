/**
 * Client errors: the world's trouble, as a code that programs read and a sentence for people.
 *
 * What a stranger says wrongly is a verdict, never one of these.
 *
 * @module
 */

/** Every code with what it tells. */
export type ClientErrorCode =
  /** The storage failed while a record was written: open the device anew before it goes on. */
  | 'RECORD_NOT_WRITTEN'
  /** There is a record already: a second one would sign its sequences again. */
  | 'RECORD_EXISTS'
  /** There is no record where one was expected. */
  | 'RECORD_MISSING'
  /** The record's bytes are not what this version writes. */
  | 'RECORD_DAMAGED'
  /** An earlier write failed, so what is stored is unknown: open the device anew. */
  | 'DEVICE_CLOSED'
  /** The same of a wallet. */
  | 'WALLET_CLOSED'
  /** Too many calls wait for the storage. */
  | 'DEVICE_BUSY'
  /** No node of the list answered. */
  | 'NODES_UNREACHABLE'
  /** A node answered with a problem. */
  | 'NODE_REFUSED'
  /** A node answered with something that is not of the API. */
  | 'NODE_ANSWER_MALFORMED'
  /** A node's seals do not follow from the electorate that is trusted: it lies, or is of a fork. */
  | 'SEALS_FORGED'

/** Trouble outside this program. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode

  /** @param message - what happened, without the code */
  constructor(
    message: string,
    options: { readonly code: ClientErrorCode; readonly cause?: unknown }
  ) {
    super(`${options.code}: ${message}`, options)
    this.code = options.code
  }
}
