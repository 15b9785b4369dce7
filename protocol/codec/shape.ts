/**
 * Shapes: what a decoded value must look like, position by position.
 *
 * A shape turns a wire value into a typed one, or into undefined when anything
 * is missing, surplus or out of range. Shapes compose, so a format is written
 * down once, as a table, and reads like its page in SPEC.md.
 *
 * @module
 */

import type { CborValue } from './cbor.ts'

/** Reads one wire value; undefined means that it has another shape. */
export type Shape<T> = (value: CborValue | undefined) => T | undefined

/** The type that a shape reads. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never

/** An unsigned integer from `min` to `max`. */
export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0): Shape<number> {
  return (value) => (typeof value === 'number' && value >= min && value <= max ? value : undefined)
}

/** A byte string of exactly `length` bytes. */
export function bytes(length: number): Shape<Uint8Array> {
  return (value) => (value instanceof Uint8Array && value.length === length ? value : undefined)
}

/** A byte string of `min` to `max` bytes. */
export function bytesBetween(min: number, max: number): Shape<Uint8Array> {
  return (value) =>
    value instanceof Uint8Array && value.length >= min && value.length <= max ? value : undefined
}

/** A public key: 32 bytes Ed25519, or 33 bytes compressed P-256. */
export const key: Shape<Uint8Array> = (value) => {
  if (!(value instanceof Uint8Array)) return undefined
  if (value.length === 32) return value
  return value.length === 33 && (value[0] === 2 || value[0] === 3) ? value : undefined
}

/** A text of at most `max` UTF-16 units. */
export function text(max: number): Shape<string> {
  return (value) => (typeof value === 'string' && value.length <= max ? value : undefined)
}

/** An array of `min` to `max` items of one shape. */
export function list<T>(item: Shape<T>, max: number, min = 0): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return undefined
    const items: T[] = []
    for (const element of value as readonly CborValue[]) {
      const read = item(element)
      if (read === undefined) return undefined
      items.push(read)
    }
    return items
  }
}

/** Null, or the shape. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value))
}

/** An array with one shape for each position, no more and no less. */
export function tuple<const S extends readonly Shape<unknown>[]>(
  ...shapes: S
): Shape<{ readonly [I in keyof S]: ShapeOf<S[I]> }> {
  return (value) => {
    if (!Array.isArray(value) || value.length !== shapes.length) return undefined
    const fields: unknown[] = []
    for (const [index, shape] of shapes.entries()) {
      const read = shape((value as readonly CborValue[])[index])
      if (read === undefined) return undefined
      fields.push(read)
    }
    return fields as { readonly [I in keyof S]: ShapeOf<S[I]> }
  }
}
