/**
 * Positions: how far a listener has come, written as the id of the last event it has seen.
 *
 * @module
 */

/** The last event that was seen. */
export interface EventPosition {
  readonly height: number
  /** Its place in the block; null when the whole block was seen. */
  readonly index: number | null
}

/** `<height>` or `<height>.<index>`, both in plain digits. */
const PATTERN = /^(0|[1-9][0-9]{0,14})(?:\.(0|[1-9][0-9]{0,8}))?$/

/** Reads an id; undefined when it is none. */
export function parsePosition(text: string): EventPosition | undefined {
  const found = PATTERN.exec(text)
  if (found === null) return undefined
  const [, height, index] = found
  return { height: Number(height), index: index === undefined ? null : Number(index) }
}
