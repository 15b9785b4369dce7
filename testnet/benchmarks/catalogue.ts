/**
 * All benchmarks there are.
 *
 * @module
 */

import { latencyBenchmark, throughputBenchmark, usualBenchmark } from './bench.ts'
import type { BenchCatalogue } from './bench-program.ts'
import { fairnessBenchmark } from './fairness-report.ts'
import { idleBenchmark } from './idle-report.ts'
import { leaderCrashBenchmark } from './leader-crash-report.ts'
import { messageBenchmark } from './message-bench.ts'
import { overloadBenchmark } from './overload-report.ts'
import { proofBenchmark } from './proof-bench.ts'
import { readsBenchmark } from './reads-report.ts'
import { scaleBenchmark } from './scale-bench.ts'
import { stateBenchmark } from './state-bench.ts'
import { syncBenchmark } from './sync-bench.ts'

/** What `npm run bench` runs, and what it runs by name. */
export const CATALOGUE: BenchCatalogue = {
  usual: usualBenchmark,
  named: [
    throughputBenchmark,
    latencyBenchmark,
    leaderCrashBenchmark,
    readsBenchmark,
    idleBenchmark,
    stateBenchmark,
    proofBenchmark,
    scaleBenchmark,
    overloadBenchmark,
    fairnessBenchmark,
    syncBenchmark,
    messageBenchmark
  ]
}
