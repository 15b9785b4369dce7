/**
 * Answer shapes: what good answers hold beside their envelope, as the description of the API tells it.
 *
 * They are for callers, and open: a field may be added, none of these is taken away or changed.
 *
 * @module
 */

import * as z from 'zod'

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/)
const idHex = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)

/** Where a transaction stands. */
const transaction = z.looseObject({
  transactionId: idHex,
  stage: z.enum(['pooled', 'accepted', 'confirmed', 'final', 'dropped']),
  outcome: z.string().nullable(),
  code: z.string().nullable(),
  height: count.nullable(),
  timeMs: count.nullable()
})

/** A reading of a device. */
const reading = z.looseObject({
  transactionId: idHex,
  height: count,
  timeMs: count,
  incarnation: count,
  sequence: count,
  contentKind: count,
  dataKeyEpoch: count,
  outcome: z.string(),
  code: z.string().nullable()
})

/** `GET /v1/transactions/{id}`. */
export const transactionAnswer: z.ZodType = z.looseObject({ transaction })

/** `POST /v1/transactions`, for one and for many. */
export const submitAnswer: z.ZodType = z.union([
  z.looseObject({ transaction }),
  z.looseObject({ results: z.array(z.looseObject({ status: count })) })
])

/** `GET /v1/receipts/{id}`. */
export const receiptAnswer: z.ZodType = z.looseObject({
  receipt: z.looseObject({ transactionId: idHex, outcome: z.string(), index: count, proof: hex })
})

/** `GET /v1/devices/{id}`. */
export const deviceAnswer: z.ZodType = z.looseObject({
  device: z.looseObject({
    deviceId: idHex,
    device: z.looseObject({}),
    custody: z.enum(['device', 'gateway']).nullable()
  })
})

/** `GET /v1/devices/{id}/readings`. */
export const readingsAnswer: z.ZodType = z.looseObject({
  readings: z.array(reading),
  nextBefore: count.nullable(),
  nextIncarnation: count.nullable()
})

/** `GET /v1/devices/{id}/history`. */
export const historyAnswer: z.ZodType = z.looseObject({
  readings: z.array(reading),
  /** What to ask for as `at` next; null at the end. */
  next: idHex.nullable(),
  /** Says that older messages were, or may have been, and are not kept by this node. */
  pruned: z.looseObject({ keptFromHeight: count }).nullable()
})

/** `GET /v1/state/{table}/{key}`. */
export const stateAnswer: z.ZodType = z.looseObject({
  state: z.looseObject({ table: z.string(), key: hex, value: hex.nullable() })
})

/** `GET /v1/blocks/{at}`. */
export const blockAnswer: z.ZodType = z.looseObject({
  block: z.looseObject({ height: count, blockId: idHex, headerBytes: hex, timeMs: count })
})

/** `GET /v1/headers`. */
export const headersAnswer: z.ZodType = z.looseObject({ from: count, headers: z.array(hex) })

/** `GET /v1/members`. */
export const membersAnswer: z.ZodType = z.looseObject({
  members: z.array(z.looseObject({ memberId: idHex, weight: count, region: z.string() }))
})

/** `GET /v1/devices/{id}/commands`. */
export const commandsAnswer: z.ZodType = z.looseObject({
  commands: z.array(z.looseObject({ after: z.string(), wire: hex, receipt: hex })),
  nextAfter: z.string().nullable()
})

/** `GET /v1/endpoints`. */
export const endpointsAnswer: z.ZodType = z.looseObject({
  endpoints: z.array(
    z.looseObject({
      memberId: idHex,
      region: z.string(),
      urls: z.array(z.string()),
      addresses: z.array(z.string())
    })
  )
})

/** `GET /v1/status`. */
export const statusAnswer: z.ZodType = z.looseObject({
  status: z.looseObject({
    networkId: z.string(),
    nodeId: idHex,
    role: z.enum(['member', 'observer']),
    state: z.enum(['joining', 'catching-up', 'ready', 'paused', 'stopped']),
    sentence: z.string(),
    height: count
  })
})

/** `GET /v1/echo`. */
export const echoAnswer: z.ZodType = z.looseObject({ nodeId: idHex })

/** `GET /readyz`. */
export const readyAnswer: z.ZodType = z.looseObject({ ready: z.boolean() })
