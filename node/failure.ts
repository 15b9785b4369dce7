/**
 * Failure: the first trouble that a node cannot go on with.
 *
 * @module
 */

import { InvariantError } from '../protocol/index.ts'
import { NodeError } from './errors.ts'

/** Where parts report that they cannot go on. */
export interface Failure {
  readonly report: (error: unknown) => void
  /** Resolves with the first trouble reported. */
  readonly happened: Promise<NodeError>
}

/** Makes a place to report to. */
export function createFailure(): Failure {
  let settle: (error: NodeError) => void = () => undefined
  const happened = new Promise<NodeError>((resolve) => {
    settle = resolve
  })
  return { happened, report: (error) => settle(asNodeError(error)) }
}

/** Our own bugs keep their stack in the cause; the operator sees one line. */
function asNodeError(error: unknown): NodeError {
  if (error instanceof NodeError) return error
  const what = error instanceof InvariantError ? 'broken invariant' : 'unexpected error'
  const message = error instanceof Error ? error.message : String(error)
  return new NodeError('OWN_BUG', `${what}: ${message}`, { cause: error })
}
