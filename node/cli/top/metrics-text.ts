/**
 * Metrics in Prometheus' text, read back into numbers.
 *
 * @module
 */

/** One number with the labels that tell it from others of its name. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Samples by the name of their metric. */
export type MetricSamples = ReadonlyMap<string, readonly Sample[]>

/** More than a node has, by far; what stands behind it is not read. */
const SAMPLES_MAX = 10_000
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/gy

/** Reads a page of metrics; a line that is none is passed over. */
export function parseMetricsText(text: string): MetricSamples {
  const samples = new Map<string, Sample[]>()
  let left = SAMPLES_MAX
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const [, name, labelText = '', valueText] = LINE.exec(line) ?? []
    if (name === undefined || valueText === undefined) continue
    if (left-- === 0) break
    const value = numberOf(valueText)
    const known = samples.get(name)
    const sample = { labels: labelsOf(labelText), value }
    if (known === undefined) samples.set(name, [sample])
    else known.push(sample)
  }
  return samples
}

/** The one number of a name with these labels; null where there is none, or it is no number. */
export function sampleOf(
  samples: MetricSamples,
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number | null {
  const wanted = Object.entries(labels)
  const found = samples
    .get(name)
    ?.find((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
  return found === undefined || Number.isNaN(found.value) ? null : found.value
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name, value]) => [
      name as string,
      (value as string).replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign))
    ])
  )
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
