/**
 * News of confirmed blocks: notarised by a quorum, not final yet.
 *
 * @module
 */

/** A block that a quorum has notarised. It is not final: another one of its height still may be. */
export interface ConfirmedBlock {
  readonly height: number
  readonly view: number
  readonly blockId: Uint8Array
  readonly timeMs: number
  readonly transactionCount: number
}

/** What is told of confirmed blocks: each once, and once more if it lost its place. */
export interface ConfirmedNews {
  readonly kind: 'confirmed' | 'withdrawn'
  readonly block: ConfirmedBlock
}
