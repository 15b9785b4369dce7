/**
 * Rules that tie the code to the numbered law, `protocol/SPEC.md`.
 *
 * @module
 */

import { isTest, type SourceFile, withoutComments } from './repository.ts'

/** Citations of sections that the law does not have. */
export function danglingCitations(files: readonly SourceFile[], law: string): string[] {
  const sections = new Set(
    [...law.matchAll(/^#+ +§?([\d.]+?)\.? +(.+)$/gm)].map(
      ([, number, title]) => `${number} ${title?.trim()}`
    )
  )
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/SPEC\.md §([\d.]*\d)(?: +(.+))?/g)]
      .filter(([, number, title]) => !sections.has(`${number} ${title?.trim()}`))
      .map(([citation]) => `${path}: ${citation}`)
  )
}

/** Fault codes that a transaction can be answered with, and that the law does not explain. */
export function unlistedFaults(files: readonly SourceFile[], law: string): string[] {
  const listed = new Set([...law.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, c]) => c))
  return [...faultCodes(files)].filter((code) => !listed.has(code)).sort()
}

/** Every quoted word that is built like a code, where transactions are judged and executed. */
function faultCodes(files: readonly SourceFile[]): Set<string> {
  const judging = files.filter(
    (file) => /^protocol\/(?:transactions|ledger)\//.test(file.path) && !isTest(file)
  )
  return new Set(
    judging.flatMap(({ text }) =>
      [...withoutComments(text).matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map(
        ([, code]) => code as string
      )
    )
  )
}
