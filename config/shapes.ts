/**
 * The shapes that settings and genesis are made of, each with its own words for what is wrong.
 *
 * @module
 */

import { z } from 'zod'
import { fromHex } from '../protocol/index.ts'
import { addressFault, peerAddressFault } from './address.ts'
import { nearestName } from './nearest-name.ts'
import { showValue } from './show-value.ts'

type Raw = { readonly input?: unknown }

function otherwise(expected: string): (issue: Raw) => string {
  return ({ input }) =>
    input === undefined
      ? `is missing, expected ${expected}`
      : `${showValue(input)} is not ${expected}`
}

/** A whole number within a range. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  const allowed = `allowed ${min} to ${max}`
  return z
    .int({ error: otherwise(`a whole number, ${allowed}`) })
    .min(min, { error: ({ input }) => `${showValue(input)} is below ${min}, ${allowed}` })
    .max(max, { error: ({ input }) => `${showValue(input)} is above ${max}, ${allowed}` })
}

/** True or false. */
export function yesOrNo(): z.ZodType<boolean> {
  return z.boolean({ error: otherwise('true or false') })
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[]): z.ZodType<Word> {
  return z.enum(words, {
    error: ({ input }) => {
      const meant = typeof input === 'string' ? nearestName(input, words) : undefined
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
      return `${otherwise(`one of ${words.join(', ')}`)({ input })}${hint}`
    }
  })
}

/** Text that a pattern describes; `expected` says so in words. */
export function text(pattern: RegExp, expected: string): z.ZodType<string> {
  const error = otherwise(expected)
  return z.string({ error }).regex(pattern, { error })
}

/** A path on this machine. */
export function filePath(): z.ZodType<string> {
  return text(/^(?!~)\P{Cc}{1,4096}$/u, 'a path (with the home folder written out)')
}

/** The name or address of a network interface to listen on. */
export function host(): z.ZodType<string> {
  return text(/^[a-zA-Z0-9.:_-]{1,253}$/, 'a host name or an IP address')
}

/** `[a-z0-9-]{1,32}`: the name of a network or region. */
export function slug(): z.ZodType<string> {
  return text(/^[a-z0-9-]{1,32}$/, 'a name of at most 32 characters of a-z, 0-9 and -')
}

/** A multiaddr with ip or name and tcp port, with or without a peer id. */
export function address(): z.ZodType<string> {
  return judgedText(addressFault)
}

/** A multiaddr that also says whom one will meet there. */
export function peerAddress(): z.ZodType<string> {
  return judgedText(peerAddressFault)
}

function judgedText(faultOf: (text: string) => string | undefined): z.ZodType<string> {
  return z.string({ error: otherwise('a multiaddr') }).superRefine((value, context) => {
    const fault = faultOf(value)
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: `${showValue(value)} ${fault}` })
  })
}

/** A public identifier as lower-case hexadecimal text. */
export function hexText(length: number): z.ZodType<string> {
  return text(new RegExp(`^[0-9a-f]{${2 * length}}$`), hexExpected(length))
}

/** Bytes, written in hexadecimal. */
export function hexBytes(length: number): z.ZodType<Uint8Array> {
  return text(new RegExp(`^[0-9a-fA-F]{${2 * length}}$`), hexExpected(length)).transform(
    (value) => fromHex(value) as Uint8Array
  )
}

/** Bytes in hexadecimal, of any length up to a maximum. */
export function hexBytesUpTo(sizeMaxBytes: number): z.ZodType<Uint8Array> {
  const expected = `at most ${sizeMaxBytes} bytes in hexadecimal`
  return text(/^(?:[0-9a-fA-F]{2})+$/, expected).transform((value, context) => {
    const bytes = value.length <= 2 * sizeMaxBytes ? fromHex(value) : undefined
    if (bytes === undefined) context.addIssue({ code: 'custom', message: `is not ${expected}` })
    return bytes ?? z.NEVER
  })
}

function hexExpected(length: number): string {
  return `${length} bytes in hexadecimal (${2 * length} characters)`
}

/** How many entries a list may have. */
export interface ListBounds {
  readonly min?: number
  readonly max: number
}

/** A list within bounds. */
export function list<Item>(
  item: z.ZodType<Item>,
  { min = 0, max }: ListBounds
): z.ZodType<readonly Item[]> {
  const error = ({ input }: Raw): string =>
    `has ${Array.isArray(input) ? input.length : 0} entries, allowed ${min} to ${max}`
  return z
    .array(item, { error: otherwise('a list') })
    .min(min, { error })
    .max(max, { error })
}

/** A group of exactly these keys. */
export function group<const Shape extends z.core.$ZodLooseShape>(
  shape: Shape
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    // Only what is no group at all is explained here: unknown keys are explained by judge.ts.
    error: (issue) =>
      issue.code === 'invalid_type' ? otherwise('a group of keys')(issue) : undefined
  })
}
