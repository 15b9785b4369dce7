/**
 * Figures as people read them.
 *
 * @module
 */

/** A row of a table. */
export type Row = readonly [name: string, value: string]

/** A title with its rows below. */
export function section(title: string, rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), '']
}

/** A share in hundredths. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${fixed(100 * share, 1)} %`
}

/** A whole number with its thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** A number with so many digits behind the point. */
export function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

/** How many times another figure. */
export function times(ratio: number | null): string {
  return ratio === null ? '–' : `× ${ratio.toFixed(2)}`
}

/** A time; long ones without a fraction. */
export function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value < 100 ? value.toFixed(1) : whole(value)} ms`
}

/** Bytes in millions. */
export function megabytes(value: number): string {
  return `${(value / 1e6).toFixed(1)} MB`
}
