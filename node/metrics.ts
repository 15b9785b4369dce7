/**
 * Metrics: one registry, in Prometheus' own text.
 *
 * Names are `thingmoot_<folder>_<noun>_<unit>`; counters end in `_total`.
 *
 * @module
 */

import { Counter, collectDefaultMetrics, Gauge, Registry, Summary } from 'prom-client'
import { METRICS } from './metric-names.ts'

/** What the node counts and shows: the names are those of `metric-names.ts`. */
export interface Metrics {
  readonly text: () => Promise<string>
  /** Counts something by a label of the house. */
  readonly count: (name: string, label: string, amount: number) => void
  /** Shows a value that is read when asked for. */
  readonly show: (name: string, help: string, read: () => number) => void
  /** Measures something, of which the median and the 99th percentile are kept. */
  readonly measure: (name: string, help: string) => (value: number) => void
}

/** Percentiles are of the last ten minutes, and older values are let go. */
const MEASURED_SPAN = { maxAgeSeconds: 600, ageBuckets: 5, compressCount: 1000 } as const

/** Makes the registry. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter<'kind'>>()
  return {
    text: () => registry.metrics(),
    count: (name, label, amount) => {
      let counter = counters.get(name)
      if (counter === undefined) {
        const help = METRICS[name]?.meaning ?? name
        counter = new Counter({ name, help, labelNames: ['kind'], registers: [registry] })
        counters.set(name, counter)
      }
      counter.inc({ kind: label }, amount)
    },
    show: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        }
      })
    },
    measure: (name, help) => {
      const summary = new Summary({
        name,
        help,
        percentiles: [0.5, 0.99],
        ...MEASURED_SPAN,
        registers: [registry]
      })
      return (value) => summary.observe(value)
    }
  }
}
