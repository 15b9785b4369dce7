/**
 * The figures of crashed leaders beside the floor, for people and for programs.
 *
 * @module
 */

import { milliseconds, section, times } from './bench-text.ts'
import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { type CrashFigures, type LeaderCrashes, measureLeaderCrash } from './leader-crash.ts'
import { meanOf } from './net-figures.ts'

/** How long the ledger stands still when a leader is killed. */
export const leaderCrashBenchmark: Benchmark = {
  name: 'leader-crash',
  about: 'how long nothing is final when the next leader is killed under load',
  flags: [
    { kind: 'count', name: 'nodes', about: 'members of the net', fallback: 4, range: [4, 10] },
    { kind: 'count', name: 'crashes', about: 'one after the other', fallback: 4, range: [1, 16] },
    {
      kind: 'count',
      name: 'seconds',
      about: 'watched after each crash',
      fallback: 10,
      range: [3, 600]
    },
    { kind: 'count', name: 'rate', about: 'messages a second', fallback: 500, range: [1, 5_000] }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const [nodes, crashes] = [countOf(wish, 'nodes'), countOf(wish, 'crashes')]
    const [seconds, rate] = [countOf(wish, 'seconds'), countOf(wish, 'rate')]
    const options = { nodes, crashes, seconds, rate, folder, isKept }
    const measured = await measureLeaderCrash(options, ports)
    const summary = summaryOf(measured)
    const { rootsEqual, lost, hasCrashed } = measured
    const hasGoneOn = measured.crashes.every(({ laterBlocks }) => laterBlocks > 0)
    return {
      valid: rootsEqual && lost === 0 && !hasCrashed && hasGoneOn,
      disturbed: measured.crashes.some(isDisturbed),
      remarks: [
        ...netRemarks('crash', { ...measured, foreignShare: summary.foreignShare }),
        ...(hasGoneOn ? [] : ['invalid: after a crash nothing more became final'])
      ],
      ratios: ratiosOf({
        'stall ÷ floor': [summary.stallToFloor, 'lower'],
        'later pauses ÷ those before, 99 of 100': [summary.laterToCalm, 'lower']
      }),
      lines: linesOf(measured, summary),
      figures: {
        ...measured,
        crashes: measured.crashes.map(({ takenIds, ...crash }) => ({
          ...crash,
          taken: takenIds.length
        })),
        ...summary
      }
    }
  }
}

interface Summary {
  /** Means over the crashes. */
  readonly nextFinalMs: number
  readonly stallMs: number
  /** What the law lets others wait, and a usual pause. */
  readonly floorMs: number
  readonly stallToFloor: number
  readonly laterToCalm: number
  /** In the worst of the crashes. */
  readonly foreignShare: number | null
}

function summaryOf({ crashes, deltaMs }: LeaderCrashes): Summary {
  const mean = (read: (crash: CrashFigures) => number): number => meanOf(crashes.map(read))
  const floorMs = 2 * deltaMs + mean(({ calmMs }) => calmMs)
  const stallMs = mean((crash) => crash.stallMs)
  const shares = crashes.flatMap(({ foreignShare }) => foreignShare ?? [])
  return {
    nextFinalMs: mean((crash) => crash.nextFinalMs),
    stallMs,
    floorMs,
    stallToFloor: stallMs / floorMs,
    laterToCalm: mean(({ laterP99Ms }) => laterP99Ms) / mean(({ calmP99Ms }) => calmP99Ms),
    foreignShare: shares.length === 0 ? null : Math.max(...shares)
  }
}

function linesOf({ crashes, deltaMs }: LeaderCrashes, summary: Summary): readonly string[] {
  return [
    ...crashes.flatMap((crash) =>
      section(`${crash.victim} killed`, [
        [
          'pauses before',
          `${milliseconds(crash.calmMs)} for the half, ${milliseconds(crash.calmP99Ms)} for 99 of 100`
        ],
        ['next final block', `${milliseconds(crash.nextFinalMs)} after the kill`],
        ['longest pause', `${milliseconds(crash.stallMs)}, its first turn`],
        [
          'later pauses',
          `${milliseconds(crash.laterP99Ms)} for 99 of 100, ${milliseconds(crash.laterMaxMs)} at most, over ${crash.laterBlocks} blocks`
        ]
      ])
    ),
    ...section('Crashed leaders', [
      ['longest pause', `${milliseconds(summary.stallMs)} in the mean`],
      ['floor', `${milliseconds(summary.floorMs)}: 2Δ of ${2 * deltaMs} ms and a usual pause`],
      ['longest pause ÷ floor', times(summary.stallToFloor)],
      ['later pauses ÷ those before', `${times(summary.laterToCalm)}, 99 of 100`]
    ])
  ]
}
