/**
 * A report as text: sections, names and values, one a line.
 *
 * @module
 */

import type { Shown, ShownFields } from './allow.ts'

const INDENT = '  '

/** The text of a report. */
export function formatReport(report: ShownFields): string {
  const sections = Object.entries(report).map(([title, value]) =>
    [`# ${title}`, ...linesOf(value, '')].join('\n')
  )
  return `${sections.join('\n\n')}\n`
}

function linesOf(value: Shown, indent: string): string[] {
  if (value === null || typeof value !== 'object') return [`${indent}${String(value ?? 'none')}`]
  if (isList(value))
    return value.length === 0 ? [`${indent}none`] : value.flatMap((one) => linesOf(one, indent))
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' && inner !== null
      ? [`${indent}${name}:`, ...linesOf(inner, indent + INDENT)]
      : [`${indent}${name}: ${String(inner ?? 'none')}`]
  )
}

function isList(value: object): value is readonly Shown[] {
  return Array.isArray(value)
}
