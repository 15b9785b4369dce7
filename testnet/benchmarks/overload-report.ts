/**
 * The figures of overload beside those of the peak of the same run, for people and for programs.
 *
 * @module
 */

import { megabytes, milliseconds, percent, type Row, section, times, whole } from './bench-text.ts'
import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { meanOf, sumOf } from './net-figures.ts'
import type { WatchedNode } from './node-watch.ts'
import { type LoadedPhase, measureOverload, type Overload } from './overload.ts'

/** What becomes of a network when too much is asked of it. */
export const overloadBenchmark: Benchmark = {
  name: 'overload',
  about: 'several times the peak: throughput, refusals, alarms, memory, and the way back',
  flags: [
    { kind: 'count', name: 'nodes', about: 'members of the net', fallback: 4, range: [1, 10] },
    { kind: 'count', name: 'seconds', about: 'each phase', fallback: 30, range: [5, 3_600] },
    { kind: 'count', name: 'times', about: 'of the peak, offered', fallback: 3, range: [1, 20] },
    {
      kind: 'count',
      name: 'devices',
      about: 'that send, in each of the two loads',
      fallback: 4_096,
      range: [128, 50_000]
    }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const [nodes, seconds] = [countOf(wish, 'nodes'), countOf(wish, 'seconds')]
    const [offered, devices] = [countOf(wish, 'times'), countOf(wish, 'devices')]
    const options = { nodes, seconds, times: offered, devices, folder, isKept }
    const overload = await measureOverload(options, ports)
    const remarks = remarksOf(overload, options)
    const { peak, over, alarms } = overload
    return {
      valid: remarks.every((remark) => !remark.startsWith('invalid')),
      disturbed: isDisturbed(peak) || isDisturbed(over),
      remarks,
      ratios: ratiosOf({
        'throughput under overload ÷ peak': [over.finalPerSecond / peak.finalPerSecond, 'higher'],
        'peak ÷ signature bound': [peak.finalPerSecond / overload.boundPerSecond, 'higher'],
        'memory under overload ÷ at the peak': [
          highest(over, 'residentMaxBytes') / highest(peak, 'residentMaxBytes'),
          'lower'
        ],
        'alarms final': [alarms.final / Math.max(1, alarms.wished), 'higher']
      }),
      lines: linesOf(overload),
      figures: overload
    }
  }
}

/** Offered must be near what was asked for, or the run says nothing about it. */
const OFFERED_SHARE_MIN = 0.8

function remarksOf(
  { peak, over, recoveryMs, ...net }: Overload,
  { times: wanted }: { readonly times: number }
): readonly string[] {
  const remarks = [
    ...netRemarks('peak', { ...net, foreignShare: peak.foreignShare }),
    ...(isDisturbed(over)
      ? netRemarks('overload', {
          rootsEqual: true,
          hasCrashed: false,
          foreignShare: over.foreignShare
        })
      : [])
  ]
  const offered = over.offeredPerSecond / peak.finalPerSecond
  if (!(peak.finalPerSecond > 0)) remarks.push('invalid: nothing became final at the peak')
  if (offered < OFFERED_SHARE_MIN * wanted)
    remarks.push(`only ${offered.toFixed(1)} times the peak was offered: try more --devices`)
  for (const [name, phase] of [
    ['peak', peak],
    ['overload', over]
  ] as const) {
    if (phase.load.refused > 0)
      remarks.push(`invalid: ${phase.load.refused} messages of the ${name} were refused for good`)
    if (phase.load.dryAfterSeconds !== null)
      remarks.push(
        `the load of the ${name} ran dry after ${phase.load.dryAfterSeconds.toFixed(1)} s: try more --devices`
      )
  }
  if (recoveryMs === null) remarks.push('invalid: the network was not as before in the end')
  return remarks
}

function highest({ nodes }: LoadedPhase, figure: Exclude<keyof WatchedNode, 'name'>): number {
  return Math.max(...nodes.map((node) => node[figure]))
}

function linesOf(overload: Overload): readonly string[] {
  const { calm, peak, over, alarms, recoveryMs, boundPerSecond } = overload
  return [
    ...section('The peak', [
      [
        'final',
        `${whole(peak.finalPerSecond)}/s, ${percent(peak.finalPerSecond / boundPerSecond)} of the signature bound`
      ],
      ...watchRows(peak)
    ]),
    ...section('Overload', [
      [
        'final',
        `${whole(over.finalPerSecond)}/s, ${times(over.finalPerSecond / peak.finalPerSecond)} of the peak, while ${whole(over.offeredPerSecond)}/s were offered, ${times(over.offeredPerSecond / peak.finalPerSecond)} of it`
      ],
      ...refusalRows(over),
      ...watchRows(over),
      [
        'alarms',
        `${alarms.final} of ${alarms.wished} final, p50 ${milliseconds(alarms.p50Ms)}, p99 ${milliseconds(alarms.p99Ms)}; in calm p50 ${milliseconds(calm.p50Ms)}`
      ],
      ['as before', recoveryMs === null ? 'never' : `after ${milliseconds(recoveryMs)}`]
    ])
  ]
}

function refusalRows({ load }: LoadedPhase): readonly Row[] {
  const { answers, p50Ms, p99Ms, maxMs, codes, retryAfterSeconds } = load.busyAnswers
  const told = Object.entries(codes).map(([code, count]) => `${whole(count)} ${code}`)
  const retry =
    retryAfterSeconds === null
      ? 'nobody was told when'
      : `Retry-After ${retryAfterSeconds.least} to ${retryAfterSeconds.most} s, ${retryAfterSeconds.median} s in the middle`
  return [
    ['told to wait', told.length === 0 ? 'nothing' : told.join(', ')],
    [
      'refusals',
      `${whole(answers)} answers, p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}, at most ${milliseconds(maxMs)}; ${retry}; ${whole(load.busyAnswers.withoutRetryAfter)} without`
    ]
  ]
}

function watchRows(phase: LoadedPhase): readonly Row[] {
  const { nodes } = phase
  const resident = nodes.map(({ residentMaxBytes }) => residentMaxBytes)
  return [
    [
      'memory of a node',
      `${megabytes(meanOf(resident))} resident in the mean, ${megabytes(highest(phase, 'residentMaxBytes'))} at most`
    ],
    [
      'event loop',
      `held up by ${milliseconds(highest(phase, 'loopDelayP99MaxMs'))}, 99 of 100, in the worst ten seconds of any node`
    ],
    [
      'under way',
      `${whole(sumOf(nodes.map(({ openMax }) => openMax)))} transactions at most, of all nodes together`
    ],
    ['others on the processors', percent(phase.foreignShare)]
  ]
}
