/**
 * Rules of stable names: error codes and metrics.
 *
 * @module
 */

import { isTest, type SourceFile, withoutComments } from './repository.ts'

/** Units and states that a metric may end in; counters end in `total`. */
const METRIC_UNITS: readonly string[] = [
  'total',
  'seconds',
  'bytes',
  'ratio',
  'blocks',
  'number',
  'waiting',
  'pending',
  'open',
  'connected'
]

/** Codes thrown that the table lacks, and codes of the table that nothing throws. */
export function errorCodesApart(files: readonly SourceFile[], table: readonly string[]): string[] {
  const sources = files.filter((file) => !isTest(file) && file.path !== 'node/errors.ts')
  const texts = sources.map(({ path, text }) => ({ path, text: withoutComments(text) }))
  const unknown = texts.flatMap(({ path, text }) =>
    [...text.matchAll(/new NodeError\(\s*'(\w+)'/g)]
      .filter(([, code]) => !table.includes(code as string))
      .map(([, code]) => `${path}: ${code} is not in NODE_ERROR_CODES`)
  )
  const unused = table
    .filter((code) => !texts.some(({ text }) => text.includes(`'${code}'`)))
    .map((code) => `node/errors.ts: nothing throws ${code}`)
  return [...unknown, ...unused]
}

/** Metrics that are not named `thingmoot_<folder>_<noun>_<unit>`. */
export function misnamedMetrics(
  files: readonly SourceFile[],
  folders: readonly string[]
): string[] {
  return files
    .filter((file) => file.path.startsWith('node/') && !isTest(file))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(/['`](thingmoot_[^'`]*)['`]/g)]
        .map(([, name]) => name as string)
        .filter((name) => !isMetricName(name, folders))
        .map((name) => `${path}: ${name}`)
    )
}

/** Metrics that a node makes and the table lacks, and metrics of the table that nothing makes. */
export function metricsApart(files: readonly SourceFile[], table: readonly string[]): string[] {
  const made = files
    .filter((file) => file.path.startsWith('node/') && !isTest(file))
    .filter(({ path }) => !path.startsWith('node/cli/') && path !== 'node/metric-names.ts')
    .flatMap(({ text }) => [...withoutComments(text).matchAll(/'(thingmoot_[a-z_]+)'/g)])
    .map(([, name]) => name as string)
  const unlisted = [...new Set(made)].filter((name) => !table.includes(name))
  const idle = table.filter((name) => !made.includes(name))
  return [
    ...unlisted.map((name) => `${name} is not in METRICS`),
    ...idle.map((name) => `nothing makes ${name}`)
  ]
}

/** Sentences that are logged and not listed, and listed ones that nothing logs. */
export function sentencesApart(files: readonly SourceFile[], list: readonly string[]): string[] {
  const texts = files
    .filter(({ path }) => /^node\/(?!cli\/|dashboard\/)/.test(path))
    .filter((file) => !isTest(file))
    .map(({ path, text }) => ({ path, text: withoutComments(text) }))
  const unlisted = texts.flatMap(({ path, text }) =>
    [...text.matchAll(/\blog(?:\.(?:error|warn|info|debug))?\(([^{}]*?)[,)]/g)]
      .flatMap(([, said]) => [...(said as string).matchAll(/'([^']+)'/g)])
      .map(([, sentence]) => sentence as string)
      .filter((sentence) => !list.includes(sentence))
      .map((sentence) => `${path}: "${sentence}" is not listed`)
  )
  const idle = list
    .filter((sentence) => !texts.some(({ text }) => text.includes(`'${sentence}'`)))
    .map((sentence) => `nothing logs "${sentence}"`)
  return [...unlisted, ...idle]
}

function isMetricName(name: string, folders: readonly string[]): boolean {
  const [house, folder, ...rest] = name.split('_')
  const unit = rest.pop()
  return (
    house === 'thingmoot' &&
    folders.includes(folder as string) &&
    rest.length > 0 &&
    rest.every((word) => /^[a-z][a-z0-9]*$/.test(word)) &&
    METRIC_UNITS.includes(unit as string)
  )
}
