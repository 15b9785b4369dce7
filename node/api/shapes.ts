/**
 * Shapes: how ids, heights and counts are written in paths and queries.
 *
 * @module
 */

import * as z from 'zod'
import { fromHex, invariant } from '../../protocol/index.ts'

/** No parameters at all: whatever is given is unknown, and refused. */
export const nothing: z.ZodType<Record<string, never>> = z.strictObject({})

/** An id of 32 bytes in lower-case hex. */
export const id: z.ZodType<Uint8Array> = hex(32, 32)

/** A path with one id. */
export const idParams: z.ZodType<{ readonly id: Uint8Array }> = z.strictObject({ id })

/** Bytes in lower-case hex. */
export function hex(lengthMin: number, lengthMax: number): z.ZodType<Uint8Array> {
  const wording = lengthMin === lengthMax ? `${lengthMax}` : `${lengthMin} to ${lengthMax}`
  const message = `is not ${wording} bytes in lower-case hex`
  return z
    .string()
    .min(2 * lengthMin, { error: message, abort: true })
    .max(2 * lengthMax, { error: message, abort: true })
    .regex(/^(?:[0-9a-f]{2})*$/, message)
    .transform((text) => {
      const bytes = fromHex(text)
      invariant(bytes !== undefined, 'the pattern admits hex only')
      return bytes
    })
}

/** A whole number in plain decimal digits. */
export function integer(least: number, most: number): z.ZodType<number> {
  const message = `is not a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,15})$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
}

/** A height, or any other count that the ledger keeps. */
export const count: z.ZodType<number> = integer(0, Number.MAX_SAFE_INTEGER)
