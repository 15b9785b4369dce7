/**
 * One run of a benchmark: the machine and the inputs in front, the verdict and one JSON object behind.
 *
 * @module
 */

import type { PhasePorts } from './bench-net.ts'
import type { Benchmark, Input, Measured, Wish } from './benchmark.ts'
import { describeMachine, type Machine } from './machine.ts'

/** Everything that a run says; the figures of its benchmark stand beside these. */
export interface RunReport extends Omit<Measured, 'lines' | 'figures'> {
  readonly benchmark: string
  readonly machine: Machine
  readonly inputs: Readonly<Record<string, Input>>
}

/** Runs a benchmark and tells of it line by line; the report comes last. */
export async function runBenchmark(
  benchmark: Benchmark,
  wish: Wish,
  ports: PhasePorts
): Promise<RunReport> {
  const machine = describeMachine()
  for (const line of heading(benchmark, machine, wish)) ports.note(line)
  const { lines, figures, ...measured } = await benchmark.measure(wish, ports)
  for (const line of ['', ...lines, ...measured.remarks, verdictOf(measured)]) ports.note(line)
  return { benchmark: benchmark.name, machine, inputs: wish.inputs, ...measured, ...figures }
}

function heading({ name }: Benchmark, machine: Machine, { inputs }: Wish): readonly string[] {
  const { cores, processor, nodeVersion, thingmootVersion, loadAverage } = machine
  const given = Object.entries(inputs).map(([flag, value]) => `--${flag} ${value}`)
  return [
    `${name}: Thingmoot ${thingmootVersion}, Node.js ${nodeVersion}, ${cores} cores, ${processor}`,
    `load average before: ${loadAverage.join(', ')}`,
    ...(given.length === 0 ? [] : [`inputs: ${given.join(' ')}`])
  ]
}

function verdictOf({ valid, disturbed }: Pick<Measured, 'valid' | 'disturbed'>): string {
  if (!valid) return 'The run is not valid.'
  return disturbed
    ? 'The run is valid, but disturbed: measure again on a quiet machine.'
    : 'The run is valid.'
}
