/**
 * Link conditions: what one direction of a link does to the bytes that pass.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'

/** What one direction of a link does to the bytes that pass. */
export interface LinkConditions {
  /** How long every byte travels. */
  readonly delayMs: number
  /** Up to how much longer, drawn evenly per chunk; order is kept nevertheless. */
  readonly jitterMs: number
  /** Whether bytes are taken and held, as on a link that has silently gone. */
  readonly stalled: boolean
  /** How likely a passing chunk is to break its connection. */
  readonly resetProbability: number
  /** How many bytes a second pass; Infinity for no limit. */
  readonly rateBytesPerSecond: number
}

/** The direction of bytes: forward from the node that dialled, backward to it. */
export type LinkDirection = 'forward' | 'backward'

/** A link that is not there: no delay, no loss, no limit. */
export const CLEAR_LINK: LinkConditions = {
  delayMs: 0,
  jitterMs: 0,
  stalled: false,
  resetProbability: 0,
  rateBytesPerSecond: Number.POSITIVE_INFINITY
}

/** Stops the program when conditions make no sense; whoever asks a user for them checks before. */
export function requireLinkConditions(conditions: LinkConditions): void {
  const { delayMs, jitterMs, resetProbability, rateBytesPerSecond } = conditions
  invariant(Number.isFinite(delayMs) && delayMs >= 0, 'a delay is a finite time, zero or more')
  invariant(Number.isFinite(jitterMs) && jitterMs >= 0, 'jitter is a finite time, zero or more')
  invariant(resetProbability >= 0 && resetProbability <= 1, 'a probability lies between 0 and 1')
  invariant(rateBytesPerSecond > 0, 'a rate is above zero: to hold all bytes, stall the link')
}
