/**
 * What people read of a batch.
 *
 * @module
 */

import { count } from '../../../node/cli/output.ts'
import { type BatchReport, type CryptoName, nodeSecondsPerSecond, type Tally } from './batch.ts'

const NAMES: Readonly<Record<CryptoName, string>> = {
  stub: 'stand-in crypto',
  real: 'real Ed25519'
}
const MARK_COLUMNS = 3

/** One line while it goes. */
export function progressLine(report: BatchReport, seeds: number): string {
  const { stub, real } = report.tallies
  const done = stub.runs + real.runs
  const speed = nodeSecondsPerSecond(real.runs > 0 ? real : stub, 'wall').toFixed(0)
  return `${done} of ${count(seeds, 'seed')}   ${count(report.failed.length, 'failure')}   ${speed} node-seconds per second and core`
}

/** The lines at the end. */
export function batchSummary(report: BatchReport): string[] {
  const { tallies, failed, marks, missing, twice } = report
  const speeds = (['stub', 'real'] as const)
    .filter((crypto) => tallies[crypto].runs > 0)
    .map((crypto) => speedLine(crypto, tallies[crypto]))
  const names = Object.entries(marks).sort(([a], [b]) => (a < b ? -1 : 1))
  const cells = names.map(([name, times]) => `${name} ${times}`)
  const width = Math.max(0, ...cells.map((cell) => cell.length))
  const rows: string[] = []
  for (let at = 0; at < cells.length; at += MARK_COLUMNS) {
    const row = cells.slice(at, at + MARK_COLUMNS).map((cell) => cell.padEnd(width))
    rows.push(`  ${row.join('   ').trimEnd()}`)
  }
  return [
    `${count(tallies.stub.runs + tallies.real.runs, 'run')}, ${count(failed.length, 'failure')}; ${twice} ran twice`,
    ...speeds,
    'marks',
    ...rows,
    ...(missing.length === 0 ? [] : [`never seen: ${missing.join(', ')}`])
  ]
}

function speedLine(crypto: CryptoName, tally: Tally): string {
  const runs = count(tally.runs, 'run').padStart(10)
  const [byWall, byProcessor] = (['wall', 'processor'] as const).map((by) =>
    nodeSecondsPerSecond(tally, by).toFixed(0)
  )
  return `  ${NAMES[crypto].padEnd(16)}${runs}   ${tally.nodeSeconds.toFixed(0)} node-seconds, ${byWall} per second and core, ${byProcessor} per second of processor`
}
