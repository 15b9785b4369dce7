/**
 * Rules of every source file, and those of tests and of `protocol/`.
 *
 * Each rule answers with the offences it finds, a line each, so it can be tried on bad examples.
 *
 * @module
 */

import { codeOf, isTest, type SourceFile } from './repository.ts'

/** Files that do not open by saying what they are for. */
export function withoutPurpose(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !isTest(file) && !file.path.endsWith('.d.ts'))
    .filter(
      ({ text }) => !/^(?:#!.*\n)?\/\*\*\n \* \S.*\n(?: \*.*\n)* \* @module\n \*\//.test(text)
    )
    .map(({ path }) => path)
}

/** Exports that nothing explains. */
export function unexplainedExports(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !isTest(file))
    .flatMap(({ path, text }) => {
      const lines = text.split('\n')
      return lines.flatMap((line, index) =>
        /^export (?!\{|\*|type \{)/.test(line) && !isExplained(lines, index)
          ? [`${path}:${index + 1}: ${line}`]
          : []
      )
    })
}

/** The line above ends a docstring of its own, not the file's; the linter may be told something between. */
function isExplained(lines: readonly string[], index: number): boolean {
  let above = index - 1
  while (lines[above]?.startsWith('// biome-ignore')) above--
  if (isOverload(lines[index] as string, lines[above])) return isExplained(lines, above)
  return lines[above]?.endsWith('*/') === true && lines[above - 1] !== ' * @module'
}

function isOverload(line: string, above: string | undefined): boolean {
  const name = /^export function \w+/.exec(line)?.[0]
  return name !== undefined && above?.startsWith(name) === true
}

/** Test files with a suite that never runs: uvu passes it over in silence. */
export function forgottenSuites(files: readonly SourceFile[]): string[] {
  return files.filter(isTest).flatMap(({ path, text }) => {
    const code = codeOf(text)
    const suites = [...code.matchAll(/(?:const|let) (\w+) = suite\(/g)].map(([, name]) => name)
    if (suites.length === 0) return [`${path}: no suite`]
    return suites
      .filter((name) => !new RegExp(`^${name}\\.run\\(\\)$`, 'm').test(code))
      .map((name) => `${path}: ${name} never runs`)
  })
}

/**
 * Tests that are switched off, and those that switch off all others.
 *
 * A test may choose `test.skip` for a machine that lacks what it needs; it may not be skipped as such.
 */
export function switchedOffTests(files: readonly SourceFile[]): string[] {
  return linesWith(files.filter(isTest), /\b\w+\.(?:skip|only)\(/, codeOf)
}

/** What waits, in the room where nothing may. */
export function asynchronousLaw(files: readonly SourceFile[]): string[] {
  const law = files.filter(
    (file) => file.path.startsWith('protocol/') && !isTest(file) && !file.path.endsWith('.d.ts')
  )
  return linesWith(law, /\b(?:async|await|Promise)\b/, codeOf)
}

/** Entries of processes that would end in a stack trace when the reader of their output goes. */
export function loudEntries(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !isTest(file) && /^(?:#!|.*\bprocess\.stdout\b)/m.test(codeOf(file.text)))
    .filter(({ text }) => !/\bquietPipes\(process\)/.test(codeOf(text)))
    .map(({ path }) => path)
}

/** Work put off in a comment: it is an issue or nothing. */
export function putOffWork(files: readonly SourceFile[]): string[] {
  return linesWith(files, /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/, (text) => text)
}

function linesWith(
  files: readonly SourceFile[],
  pattern: RegExp,
  read: (text: string) => string
): string[] {
  return files.flatMap(({ path, text }) =>
    read(text)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
      )
  )
}
