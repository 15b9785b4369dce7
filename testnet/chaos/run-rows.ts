/**
 * Runs rows one after the other, each with its own deadline, and undoes what each leaves behind.
 *
 * @module
 */

import type { ChaosNet } from './chaos-net.ts'
import { openChaosNet } from './chaos-net.ts'
import { missingNeeds } from './needs.ts'
import { type Figures, type Row, RowFailure, RowSkip } from './row.ts'
import { UndoStack } from './undo-stack.ts'
import { within } from './waiting.ts'

/** What is asked for. */
export interface RunOptions {
  readonly rows: readonly Row[]
  readonly cycles: number | undefined
  readonly isLong: boolean
}

/** What a run tells while it runs. */
export interface RunPorts {
  readonly note: (line: string) => void
  readonly onResult: (result: RowResult) => void
  /** A row begins: this undoes what it leaves behind, should the process have to end meanwhile. */
  readonly onUndo: (undo: UndoStack) => void
}

/** How a row ended. */
export interface RowResult {
  readonly id: string
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly reasons: readonly string[]
  readonly figures: Figures
  readonly seconds: number
}

const ROW_MAX_MS = 15 * 60_000
const ROW_LONG_MAX_MS = 60 * 60_000

/** Runs the rows; one that fails does not keep the others from running. */
export async function runRows(options: RunOptions, ports: RunPorts): Promise<readonly RowResult[]> {
  const results: RowResult[] = []
  for (const row of options.rows) {
    const startMs = performance.now()
    const ended = await runRow(row, options, ports)
    const seconds = Math.round((performance.now() - startMs) / 1000)
    const result = { id: row.id, title: row.title, ...ended, seconds }
    results.push(result)
    ports.onResult(result)
  }
  return results
}

type Ended = Pick<RowResult, 'result' | 'reasons' | 'figures'>

async function runRow(row: Row, options: RunOptions, ports: RunPorts): Promise<Ended> {
  const missing = missingNeeds(row.needs)
  if (missing.length > 0) return skipped(`needs ${missing.join(', ')}`)
  const note = (line: string): void => ports.note(`${row.id}: ${line}`)
  const undo = new UndoStack(note)
  ports.onUndo(undo)
  try {
    const maxMs = options.isLong ? ROW_LONG_MAX_MS : ROW_MAX_MS
    return await within(`row ${row.id}`, maxMs, judgeRow(row, options, { undo, note }))
  } catch (error) {
    if (error instanceof RowSkip) return skipped(error.message)
    if (error instanceof RowFailure) return failed([error.message])
    return failed([`the row itself broke: ${error instanceof Error ? error.stack : error}`])
  } finally {
    await undo.run()
  }
}

/** The row, and then the checker: also of a row that failed, whose cause it may name. */
async function judgeRow(
  row: Row,
  { cycles, isLong }: RunOptions,
  { undo, note }: { readonly undo: UndoStack; readonly note: (line: string) => void }
): Promise<Ended> {
  const nets: ChaosNet[] = []
  const openNet = async (wish = {}): Promise<ChaosNet> => {
    const net = await openChaosNet(wish, undo)
    nets.push(net)
    return net
  }
  let own: Figures
  try {
    own = await row.run({ cycles, isLong, note, undo, openNet })
  } catch (error) {
    // Where a vote log cannot be read, that is what the row is about.
    for (const net of nets) net.judgeEnds()
    await Promise.allSettled(nets.map((net) => net.judgeVotes()))
    const faults = nets.flatMap(({ checker }) => checker.faults)
    if (error instanceof RowFailure && faults.length > 0) return failed([error.message, ...faults])
    throw error
  }
  const checked = await Promise.all(nets.map((net) => net.judge()))
  const figures = Object.assign({}, own, ...checked) as Figures
  const faults = nets.flatMap(({ checker }) => checker.faults)
  return { result: faults.length === 0 ? 'passed' : 'failed', reasons: faults, figures }
}

function skipped(reason: string): Ended {
  return { result: 'skipped', reasons: [reason], figures: {} }
}

function failed(reasons: readonly string[]): Ended {
  return { result: 'failed', reasons, figures: {} }
}
