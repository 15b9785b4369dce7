/**
 * Rows: the scenarios of the acceptance list that run against real node processes.
 *
 * @module
 */

import type { ChaosNet, ChaosNetWish } from './chaos-net.ts'
import type { UndoStack } from './undo-stack.ts'

/** What a row needs of the machine beside Node.js. */
export type Need = 'root' | 'strace' | 'mkfs.ext4' | 'mount'

/** What a row measured, by name, as people read it. */
export type Figures = Readonly<Record<string, string>>

/** What a row works with. */
export interface RowContext {
  /** How often its loop runs; undefined for the row's own number. */
  readonly cycles: number | undefined
  /** Whether the spans of time are those of the acceptance list instead of shorter ones. */
  readonly isLong: boolean
  readonly note: (line: string) => void
  /** Whatever a row leaves behind is undone by these, however it ends. */
  readonly undo: UndoStack
  /** Opens a network that the checker judges when the row has run. */
  readonly openNet: (wish?: ChaosNetWish) => Promise<ChaosNet>
}

/** One row. */
export interface Row {
  /** As in the acceptance list: `C01`. */
  readonly id: string
  readonly title: string
  readonly needs: readonly Need[]
  /** @throws {@link RowFailure} when what is expected does not happen, {@link RowSkip} when it cannot be tried */
  readonly run: (context: RowContext) => Promise<Figures>
}

/** What was expected and did not happen. */
export class RowFailure extends Error {
  override readonly name = 'RowFailure'
}

/** Why a row cannot run here. */
export class RowSkip extends Error {
  override readonly name = 'RowSkip'
}

/** Fails the row unless what was expected is so. */
export function expect(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new RowFailure(otherwise)
}
