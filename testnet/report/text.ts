/**
 * Small texts of the testnet: lists, counts and times as people read them.
 *
 * @module
 */

import { relative } from 'node:path'

/** `5 members`, `1 observer`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** `Tokyo`, `Tokyo and Mumbai`, `Tokyo, Mumbai and Sydney`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** The wall's time of day: `12:04:09`. */
export function timeOfDay(timeMs: number): string {
  const date = new Date(timeMs)
  const two = (number: number): string => String(number).padStart(2, '0')
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
}

/** The first and the last characters of an id. */
export function shortened(id: string): string {
  return id.length <= 9 ? id : `${id.slice(0, 4)}…${id.slice(-4)}`
}

/** A path as it is from the current folder, if that is shorter. */
export function near(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path
}
