/**
 * Rules of the files with which a node is run and watched: what they name is there.
 *
 * @module
 */

/** Words of PromQL that are no metrics. */
const KEYWORDS: readonly string[] = [
  'and',
  'bool',
  'by',
  'group_left',
  'group_right',
  'ignoring'
].concat(['inf', 'nan', 'offset', 'on', 'or', 'unless', 'without'])

/** Every expression of a dashboard or of a file of alerts, wherever it stands. */
export function expressionsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner !== 'string') return expressionsOf(inner)
    if (key === 'expr') return [inner]
    // the values of a variable: label_values(metric, label)
    const [, metric] = /^label_values\(([^,]+),/.exec(inner) ?? []
    return metric === undefined ? [] : [metric]
  })
}

/** The metrics that an expression reads. */
export function metricsOf(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '')
  return [...bare.matchAll(/(?<![\w.$])([a-zA-Z_:][\w:]*)(\s*\()?/g)]
    .filter(([, name, call]) => call === undefined && !KEYWORDS.includes(name as string))
    .map(([, name]) => name as string)
}

/** Metrics that are read and that no node has. */
export function unknownMetrics(value: unknown, known: ReadonlySet<string>): string[] {
  const read = new Set(expressionsOf(value).flatMap(metricsOf))
  return [...read].filter((name) => !known.has(name)).sort()
}

/** The names of a page of metrics in Prometheus' text: those of its samples. */
export function namesOnPage(text: string): string[] {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return types.flatMap(([, name, type]) => namesOf(name as string, type as string))
}

/** The names under which a metric of a type is read. */
export function namesOf(name: string, type: string): string[] {
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`]
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

/** The values of a key of a systemd unit, in order. */
export function unitValues(unit: string, key: string): string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value as string)
}

/** The instructions of a container file, each on one line. */
export function containerSteps(text: string): { readonly step: string; readonly rest: string }[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [step = '', ...rest] = line.split(' ')
      return { step, rest: rest.join(' ') }
    })
}
