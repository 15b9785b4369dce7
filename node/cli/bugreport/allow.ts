/**
 * What may stand in a report: numbers, yes and no, moments, and words out of lists of our own.
 *
 * There is no list of what must not: a text that none of these knows is left out, so that a secret
 * in a place where nobody looked for one stays where it is.
 *
 * @module
 */

/** A value that may stand in a report. Texts are only made here. */
export type Shown = number | boolean | null | ShownText | readonly Shown[] | ShownFields

/** A text of our own. */
export type ShownText = string & { readonly isOurs: true }

/** Values under names of our own. */
export interface ShownFields {
  readonly [name: string]: Shown
}

/** What stands in place of a text that is nobody's business. */
export const LEFT_OUT: ShownText = ours('left out')

const SHORT_ID_CHARACTERS = 8
const VERSION = /^v?\d{1,4}\.\d{1,5}\.\d{1,5}$/
const KERNEL = /^\d{1,3}\.\d{1,3}(?:\.\d{1,5})?/

/** A text that stands in this program, or is made of what does: never one that came from outside. */
export function ours(text: string): ShownText {
  return text as ShownText
}

/** A number as it is, anything else left out. */
export function amount(value: unknown): number | ShownText {
  return typeof value === 'number' && Number.isFinite(value) ? value : LEFT_OUT
}

/** Yes or no. */
export function flag(value: unknown): boolean | ShownText {
  return typeof value === 'boolean' ? value : LEFT_OUT
}

/** A word, if it is one of those that are known. */
export function oneOf(value: unknown, known: readonly string[]): ShownText {
  const found = known.find((word) => word === value)
  return found === undefined ? LEFT_OUT : ours(found)
}

/** Three numbers with points between them. */
export function version(value: unknown): ShownText {
  return typeof value === 'string' && VERSION.test(value) ? ours(value) : LEFT_OUT
}

/** The numbers with which the name of an operating system's release begins. */
export function release(value: string): ShownText {
  return ours(KERNEL.exec(value)?.[0] ?? LEFT_OUT)
}

/** A moment as a date. */
export function moment(timeMs: unknown): ShownText | null {
  if (timeMs === null) return null
  const isTime = typeof timeMs === 'number' && Math.abs(timeMs) <= 8.64e15
  return isTime ? ours(new Date(timeMs).toISOString()) : LEFT_OUT
}

/** The first characters of a public id, which tell nodes apart and open nothing. */
export function shortId(value: unknown): ShownText {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? ours(value.slice(0, SHORT_ID_CHARACTERS))
    : LEFT_OUT
}
