/**
 * The figures of a network that rests, for people and for programs.
 *
 * @module
 */

import { fixed, megabytes, percent, section, times, whole } from './bench-text.ts'
import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { type Idle, measureIdle } from './idle.ts'

/** What it costs to be there. */
export const idleBenchmark: Benchmark = {
  name: 'idle',
  about: 'processor, bytes and memory of a network that rests',
  flags: [
    { kind: 'count', name: 'nodes', about: 'members of the net', fallback: 4, range: [2, 16] },
    {
      kind: 'count',
      name: 'settle',
      about: 'seconds until it is watched',
      fallback: 30,
      range: [1, 600]
    },
    { kind: 'count', name: 'seconds', about: 'watched', fallback: 180, range: [5, 86_400] }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const [nodes, seconds] = [countOf(wish, 'nodes'), countOf(wish, 'seconds')]
    const settleSeconds = countOf(wish, 'settle')
    const idle = await measureIdle({ nodes, settleSeconds, seconds, folder, isKept }, ports)
    const { rootsEqual, hasCrashed, transactions, residentBytes, empty } = idle
    const resident =
      residentBytes === null || empty.residentBytes === null
        ? null
        : residentBytes / empty.residentBytes
    return {
      valid: rootsEqual && !hasCrashed && transactions === 0,
      disturbed: isDisturbed(idle),
      remarks: [
        ...netRemarks('idle', idle),
        ...(transactions === 0 ? [] : [`invalid: ${transactions} transactions were said by nobody`])
      ],
      ratios: ratiosOf({
        'processor, share of a core': [idle.coreShare, 'lower'],
        'memory ÷ an empty process': [resident, 'lower'],
        // Blocks come one by one: a short watch sees one more or less than are due.
        ...(idle.blocksDue < 2
          ? {}
          : { 'blocks ÷ heartbeats due': [idle.blocks / idle.blocksDue, 'lower'] as const })
      }),
      lines: linesOf(idle, resident),
      figures: idle
    }
  }
}

function linesOf(idle: Idle, resident: number | null): readonly string[] {
  const { empty, residentBytes } = idle
  const bytes = (value: number | null): string => (value === null ? '–' : megabytes(value))
  return section(`${idle.nodes} nodes at rest for ${fixed(idle.seconds, 0)} s`, [
    [
      'processor of a node',
      `${percent(idle.coreShare)} of a core; an empty process ${percent(empty.coreShare)}`
    ],
    ['said by a node', `${whole(idle.bytesPerMinute)} bytes a minute to all others together`],
    [
      'memory of a node',
      `${bytes(residentBytes)} resident, ${times(resident)} of the ${bytes(empty.residentBytes)} of an empty process`
    ],
    [
      'blocks',
      `${idle.blocks} with ${idle.transactions} transactions; ${fixed(idle.blocksDue, 1)} heartbeats were due`
    ],
    ['others on the processors', percent(idle.foreignShare)]
  ])
}
