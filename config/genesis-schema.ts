/**
 * The form of a genesis file, and the document it is read into.
 *
 * @module
 */

import { z } from 'zod'
import {
  CLOSING_SIZE_MAX_BYTES,
  type Genesis,
  PARAMETERS,
  type Parameters,
  plainTrustPolicy,
  RATE_MAX_UNITS_PER_HOUR,
  type TrustPolicy
} from '../protocol/index.ts'
import { choice, group, hexBytes, hexBytesUpTo, list, slug, text, wholeNumber } from './shapes.ts'
import { showValue } from './show-value.ts'

/** The beginning of a network, as its file says it: what the protocol starts from. */
export type GenesisDocument = Genesis

const KEY_BYTES = 32
const OPERATOR_BYTES = 16
const MEMBERS_MAX = 100
const WEIGHT_MAX = 10_000
const ENDPOINTS_MAX = 4
const REGIONS_MAX = 64
const GRANTS_MAX = 1024
const COUNT_MAX = 2 ** 32 - 1
const COMPRESSED_KEY_BYTES = 33
const QUOTA_MAX = 512
const ROOTS_MAX = 16
const WAYS_MAX = 8
const PLAIN_MODELS = 3
const HEADER_MAX_BYTES = 1_024
const ELECTORATE_MAX_BYTES = 262_144
/** The last millisecond of the year 9999, the last one that ISO 8601 writes with four digits. */
const TIME_MAX_MS = 253_402_300_799_999

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/
const TIME_EXPECTED = 'a time like 2026-03-01T12:00:00Z or milliseconds since 1970'

/** The time that an ISO 8601 text names; undefined when there is no such day or hour. */
function readTime(value: string): number | undefined {
  const timeMs = ISO_TIME.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isSafeInteger(timeMs) || timeMs < 0) return undefined
  // The engine takes 30 February for 2 March.
  return new Date(timeMs).toISOString().startsWith(value.slice(0, 19)) ? timeMs : undefined
}

const time: z.ZodType<number> = z.unknown().transform((value, context) => {
  const timeMs = typeof value === 'string' ? readTime(value) : value
  if (
    typeof timeMs === 'number' &&
    Number.isInteger(timeMs) &&
    timeMs >= 0 &&
    timeMs <= TIME_MAX_MS
  )
    return timeMs
  const problem = value === undefined ? 'is missing, expected' : `${showValue(value)} is not`
  context.addIssue({ code: 'custom', message: `${problem} ${TIME_EXPECTED}` })
  return z.NEVER
})

const parameters = group(
  Object.fromEntries(
    PARAMETERS.map(({ name, default: value, min, max }) => [
      name,
      wholeNumber(min, max).default(value)
    ])
  )
  // The table holds every name of the type: its test counts them.
) as z.ZodType as z.ZodType<Parameters>

const member = group({
  memberId: hexBytes(KEY_BYTES),
  voteKey: hexBytes(KEY_BYTES),
  nextVoteKeyHash: hexBytes(KEY_BYTES),
  recoveryKeyHash: hexBytes(KEY_BYTES),
  operatorId: hexBytes(OPERATOR_BYTES),
  region: slug(),
  weight: wholeNumber(1, WEIGHT_MAX),
  endpoints: list(text(/^[!-~]{1,128}$/, 'an end point of at most 128 printable characters'), {
    max: ENDPOINTS_MAX
  })
})

const vendorGrant = group({
  vendorId: hexBytes(KEY_BYTES),
  birthCap: wholeNumber(0, COUNT_MAX),
  claimsPerDay: wholeNumber(0, COUNT_MAX),
  rateUnitsPerHour: wholeNumber(0, RATE_MAX_UNITS_PER_HOUR)
})

const trustModel = choice(['open-vote', 'vouch', 'anchored', 'hybrid'])
const plainModel = choice(['open-vote', 'vouch', 'anchored'])

const trustRoot = group({
  key: z.union([hexBytes(KEY_BYTES), hexBytes(COMPRESSED_KEY_BYTES)]),
  quota: wholeNumber(1, QUOTA_MAX)
})

/** Without ways a plain model is its own; which ways a hybrid has must be said. */
const trust = group({
  model: trustModel,
  ways: list(list(plainModel, { min: 1, max: PLAIN_MODELS }), { max: WAYS_MAX }).default([]),
  roots: list(trustRoot, { max: ROOTS_MAX }).default([])
}).transform(({ model, ways, roots }, context): TrustPolicy => {
  if (model === 'hybrid') {
    if (ways.length === 0)
      context.addIssue({ code: 'custom', path: ['ways'], message: 'is missing for a hybrid' })
    return { model, ways, roots }
  }
  if (ways.length > 0)
    context.addIssue({ code: 'custom', path: ['ways'], message: 'belongs to a hybrid alone' })
  return { ...plainTrustPolicy(model), roots }
})

/** Where a refounded network comes from; that it does is judged in genesis.ts. */
const refounded = group({
  networkId: slug(),
  genesisHash: hexBytes(KEY_BYTES),
  electorateBytes: hexBytesUpTo(ELECTORATE_MAX_BYTES),
  baseHeaderBytes: hexBytesUpTo(HEADER_MAX_BYTES),
  closings: list(hexBytesUpTo(CLOSING_SIZE_MAX_BYTES), { min: 1, max: MEMBERS_MAX }),
  stateRoot: hexBytes(KEY_BYTES)
})

/** A genesis file; what its parts must be to each other is judged in genesis.ts. */
export const genesisSchema: z.ZodType<GenesisDocument> = group({
  networkId: slug(),
  timeMs: time,
  faultModel: choice(['byzantine', 'crash']),
  trust: trust.prefault({ model: 'open-vote' } as never),
  vendorTrust: trust.prefault({ model: 'open-vote' } as never),
  parameters: parameters.prefault({} as never),
  members: list(member, { min: 1, max: MEMBERS_MAX }),
  vendorGrants: list(vendorGrant, { max: GRANTS_MAX }).default([]),
  regions: list(slug(), { min: 1, max: REGIONS_MAX }),
  refounded: refounded.optional()
}).transform(
  ({ refounded: from, ...genesis }): GenesisDocument =>
    from === undefined ? genesis : { ...genesis, refounded: from }
)
