/**
 * Metrics as a report may show them: those of this program by their names, each kind's count
 * without the word that it stands for.
 *
 * @module
 */

import { METRICS } from '../../metric-names.ts'
import { type MetricSamples, type Sample, sampleOf } from '../top/metrics-text.ts'
import { amount, ours, type ShownFields, type ShownText } from './allow.ts'

/** Of the process, as prom-client names them. */
const PROCESS_METRICS: readonly string[] = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_external_memory_bytes',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'process_cpu_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_user_seconds_total',
  'process_max_fds',
  'process_open_fds',
  'process_resident_memory_bytes',
  'process_start_time_seconds'
]

/** Every metric that is known here and there. */
export function showMetricSamples(samples: MetricSamples): ShownFields {
  const own = Object.entries(METRICS).flatMap(([name, { type }]) => {
    const found = samples.get(name)
    if (type === 'summary') return [[name, describeSummary(name, samples)] as const]
    return found === undefined ? [] : [[name, describeCounts(found)] as const]
  })
  const others = PROCESS_METRICS.flatMap((name) => {
    const value = sampleOf(samples, name)
    return value === null ? [] : [[name, amount(value)] as const]
  })
  return Object.fromEntries([...own, ...others])
}

function describeCounts(found: readonly Sample[]): ShownText | number {
  const values = found.map(({ value }) => value).sort((a, b) => b - a)
  const sum = values.reduce((total, value) => total + value, 0)
  if (values.length <= 1) return amount(sum)
  return ours(`${amount(sum)} = ${values.map(amount).join(' + ')}`)
}

function describeSummary(name: string, samples: MetricSamples): ShownText {
  const of = (quantile: string): string =>
    String(sampleOf(samples, name, { quantile }) ?? 'unknown')
  const times = sampleOf(samples, `${name}_count`) ?? 0
  return ours(`median ${of('0.5')}, 99th ${of('0.99')}, of ${times}`)
}
