/**
 * What a device said in clear, as a node's list of readings has it.
 *
 * @module
 */

import * as z from 'zod'
import type { SaidRecord } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'

const READING_KIND = 0

const readingsShape = z.looseObject({
  readings: z
    .array(
      z.looseObject({
        contentKind: z.number(),
        outcome: z.string(),
        records: z.array(z.record(z.string(), z.unknown())).optional()
      })
    )
    .max(200)
})

/**
 * The packs of a node's answer, newest first.
 *
 * @throws NodeError REQUEST_FAILED when it is no list of readings
 */
export function saidPacks(answer: unknown, node: string): (readonly SaidRecord[])[] {
  const read = readingsShape.safeParse(answer)
  if (!read.success)
    throw new NodeError('REQUEST_FAILED', `${node}: the answer is no list of readings`, {
      cause: read.error
    })
  return read.data.readings.flatMap(({ contentKind, outcome, records }) =>
    contentKind === READING_KIND && outcome === 'applied' && records !== undefined ? [records] : []
  )
}
