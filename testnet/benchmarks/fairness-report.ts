/**
 * The figures of fairness beside what the project has set itself, for people.
 *
 * @module
 */

import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'
import { isDisturbed } from './disturbance.ts'
import { type FairnessReport, type FairPhase, measureFairness } from './fairness.ts'

/** What others lose when somebody takes too much. */
export const fairnessBenchmark: Benchmark = {
  name: 'fairness',
  about: 'what others lose by a greedy class, by a stuffed lane and under overload',
  flags: [
    {
      kind: 'count',
      name: 'seconds',
      about: 'length of a phase',
      fallback: 20,
      range: [5, 600]
    },
    {
      kind: 'count',
      name: 'greed',
      about: 'times its share that the greedy class offers',
      fallback: 100,
      range: [1, 1_000]
    }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const options = { seconds: countOf(wish, 'seconds'), greed: countOf(wish, 'greed') }
    const report = await measureFairness({ ...options, folder, isKept }, ports)
    const disturbed = report.phases.filter(isDisturbed)
    return {
      valid: report.valid,
      disturbed: disturbed.length > 0,
      remarks: disturbed.map(
        ({ name }) => `disturbed: others were on the processors during ${name}`
      ),
      ratios: ratiosOf({
        'greedy class: p99 of the others': [report.greedyP99Ratio, 'lower'],
        'greedy class: throughput of the others': [report.greedyThroughputRatio, 'higher'],
        'greedy class: Jain index': [report.greedyJain, 'higher'],
        'stuffed lane: throughput of the others': [report.stuffedThroughputRatio, 'higher']
      }),
      lines: fairnessTable(report),
      figures: report
    }
  }
}

function fairnessTable(report: FairnessReport): readonly string[] {
  const { members, classes, devices, alarmDevices, classPerSecond, classShare, greed } = report
  return [
    `inputs   ${members} members; ${classes} classes of ${devices / classes} devices that say ${classPerSecond} messages/s each class, ${classShare}/s granted; phases of ${report.seconds} s`,
    `         one class at ${greed} times its share; ${alarmDevices} devices with alarms under overload`,
    ...report.phases.map(phaseLine),
    '',
    goal('greedy class: p99 of the others', times(report.greedyP99Ratio), 'at most 1.20'),
    goal(
      'greedy class: throughput of the others',
      times(report.greedyThroughputRatio),
      'at least 0.95'
    ),
    goal(
      'greedy class: Jain index over honest devices',
      report.greedyJain.toFixed(3),
      'at least 0.95'
    ),
    goal(
      'stuffed lane: throughput of the others',
      times(report.stuffedThroughputRatio),
      'at least 0.90'
    ),
    goal(
      `alarms at ${report.overload.toFixed(1)} times what is taken: p99`,
      report.alarmsP99Ms === null ? '–' : `${Math.round(report.alarmsP99Ms)} ms`,
      'at most 3,000 ms at 3 times'
    )
  ]
}

function phaseLine(phase: FairPhase): string {
  const { name, p50Ms, p99Ms, final, wished, busy, foreignShare } = phase
  const beside =
    phase.offeredPerSecond === 0
      ? ''
      : `; beside them ${Math.round(phase.offeredPerSecond)}/s offered, ${Math.round(phase.takenPerSecond)}/s taken`
  const others =
    foreignShare === null ? '' : `; others on the processors ${Math.round(100 * foreignShare)} %`
  return `${name.padEnd(13)} p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}; ${final} of ${wished} final, told to wait: ${codes(busy)}${beside}${others}`
}

function codes(busy: FairPhase['busy']): string {
  const told = Object.entries(busy).map(([code, count]) => `${count} ${code}`)
  return told.length === 0 ? 'never' : told.join(', ')
}

function goal(name: string, figure: string, mark: string): string {
  return `${name.padEnd(46)} ${figure.padStart(9)}   (${mark})`
}

function times(ratio: number | null): string {
  return ratio === null ? '–' : `× ${ratio.toFixed(3)}`
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${Math.round(value)} ms`
}
