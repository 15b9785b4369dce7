/**
 * The figures of reads beside an answer that reads nothing, for people and for programs.
 *
 * @module
 */

import { fixed, type Row, section, times, whole } from './bench-text.ts'
import { type Benchmark, countOf, type Ratio, ratiosOf } from './benchmark.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { measureReads, type ReadKind, type ReadPhase, type Reads } from './reads.ts'

/** How fast a node answers from its own copy. */
export const readsBenchmark: Benchmark = {
  name: 'reads',
  about: 'values with and without proof, at rest and while others write',
  flags: [
    { kind: 'count', name: 'nodes', about: 'members of the net', fallback: 4, range: [1, 10] },
    { kind: 'count', name: 'seconds', about: 'each phase', fallback: 10, range: [1, 120] },
    {
      kind: 'count',
      name: 'rate',
      about: 'reads a second without proof',
      fallback: 1_000,
      range: [1, 5_000]
    },
    {
      kind: 'count',
      name: 'proved-rate',
      about: 'reads a second with proof',
      fallback: 500,
      range: [1, 5_000]
    },
    {
      kind: 'count',
      name: 'write-percent',
      about: 'writes beside them, in hundredths of the throughput that the project aims at',
      fallback: 25,
      range: [1, 100]
    }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const measured = await measureReads(
      {
        nodes: countOf(wish, 'nodes'),
        seconds: countOf(wish, 'seconds'),
        perSecond: countOf(wish, 'rate'),
        provedPerSecond: countOf(wish, 'proved-rate'),
        writePercent: countOf(wish, 'write-percent'),
        folder,
        isKept
      },
      ports
    )
    const { resting, writing, rootsEqual, hasCrashed } = measured
    const phases = [...resting, ...writing]
    const failed = phases.reduce((sum, phase) => sum + phase.failed, 0)
    return {
      valid: failed === 0 && rootsEqual && !hasCrashed,
      disturbed: phases.some(isDisturbed),
      remarks: [
        ...phases
          .filter(isDisturbed)
          .flatMap((phase) => netRemarks(phase.kind, { ...phase, ...measured })),
        ...(failed === 0 ? [] : [`invalid: ${failed} reads were not answered`])
      ],
      ratios: ratiosOf({ ...ratios('at rest', resting), ...ratios('under writes', writing) }),
      lines: linesOf(measured),
      figures: measured
    }
  }
}

const READ_KINDS: readonly ReadKind[] = ['value', 'proved value']

function ratios(
  name: string,
  phases: readonly ReadPhase[]
): Readonly<Record<string, readonly [number | null, Ratio['better']]>> {
  return Object.fromEntries(
    READ_KINDS.flatMap((kind) => [
      [`${kind} ÷ nothing, the half, ${name}`, [toNothing(phases, kind, 'p50Ms'), 'lower']],
      [`${kind} ÷ nothing, 99 of 100, ${name}`, [toNothing(phases, kind, 'p99Ms'), 'lower']]
    ])
  )
}

function toNothing(
  phases: readonly ReadPhase[],
  kind: ReadKind,
  figure: 'p50Ms' | 'p99Ms'
): number | null {
  const own = phases.find((phase) => phase.kind === kind)?.[figure] ?? null
  const bare = phases.find((phase) => phase.kind === 'nothing')?.[figure] ?? null
  return own === null || bare === null || bare === 0 ? null : own / bare
}

function linesOf({ resting, writing, writesPerSecond }: Reads): readonly string[] {
  return [
    ...section('Reads at rest', rows(resting)),
    ...section(`Reads beside ${whole(writesPerSecond)} writes/s`, rows(writing))
  ]
}

function rows(phases: readonly ReadPhase[]): readonly Row[] {
  return phases.map((phase) => {
    const { kind, p50Ms, p99Ms, maxMs } = phase
    const beside =
      kind === 'nothing' ? '' : `; ${times(toNothing(phases, kind, 'p99Ms'))} of nothing, 99 of 100`
    return [
      `${kind}, ${whole(phase.perSecond)}/s`,
      `p50 ${fixed(p50Ms, 2)} ms, p99 ${fixed(p99Ms, 2)} ms, at most ${fixed(maxMs, 1)} ms; ${whole(phase.bytes)} bytes${beside}; ${whole(phase.finalPerSecond)} final/s`
    ]
  })
}
