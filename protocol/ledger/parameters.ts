/**
 * The parameters of a network: set by genesis, changed by motion, the same on every node.
 *
 * A parameter's number, as the motion `change-parameter` names it, is its place in this table, and
 * genesis encodes the values in this order. So the order never changes; a new one comes last.
 * Every time is in milliseconds of block time, every rate in units per hour and at most 10^7, so
 * that bucket arithmetic stays below 2^53.
 *
 * @module
 */

/** The name of one parameter. */
export type ParameterName =
  | 'anchorWindowBlocks'
  | 'suspectMs'
  | 'heuristicQuarantineMs'
  | 'transferFreezeMs'
  | 'guardianDelayMinMs'
  | 'guardianDelayMaxMs'
  | 'alertWindowMs'
  | 'offerMs'
  | 'motionLapseMs'
  | 'applicationLapseMs'
  | 'membershipMs'
  | 'evidenceAgeMaxMs'
  | 'releasesPerDayMax'
  | 'blockBytesMax'
  | 'delta0Ms'
  | 'deltaMaxMs'
  | 'heartbeatMs'
  | 'messageDelayMs'
  | 'precisionMs'
  | 'controlBurst'
  | 'controlPerHour'
  | 'ownerBurst'
  | 'ownerPerHour'
  | 'controllerBurst'
  | 'controllerPerHour'
  | 'memberBurst'
  | 'memberPerHour'
  | 'vendorBurst'
  | 'vendorPerHour'
  | 'introductionsBurst'
  | 'introductionsPerHour'
  | 'governanceSharePercent'
  | 'controlSharePercent'
  | 'membersMin'
  | 'vouchesMin'
  | 'vouchesMax'
  | 'vouchStepsMax'
  | 'vouchFreezeEpochs'

/** A value for every parameter. */
export type Parameters = { readonly [Name in ParameterName]: number }

/** What one parameter is and which whole numbers it may hold. */
export interface ParameterDefinition {
  readonly name: ParameterName
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit:
    | 'blocks'
    | 'ms'
    | 'releases'
    | 'bytes'
    | 'units'
    | 'units per hour'
    | 'percent'
    | 'members'
    | 'epochs'
  readonly meaning: string
}

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** No rate or burst is above this: a day's refill of a bucket stays below 2^53. */
export const RATE_MAX_UNITS_PER_HOUR: number = 10_000_000

type Row = readonly [ParameterName, number, number, number, ParameterDefinition['unit'], string]

const KIB = 1024
const MIB = 1024 * KIB
const RATE = RATE_MAX_UNITS_PER_HOUR
const HOURLY = 'units per hour'

// Name, default, smallest, largest, unit, meaning.
const ROWS: readonly Row[] = [
  ['anchorWindowBlocks', 65_536, 256, 1_048_576, 'blocks', 'how far back an anchor may lie'],
  [
    'suspectMs',
    DAY_MS,
    SECOND_MS,
    30 * DAY_MS,
    'ms',
    'how long an alert quorum keeps a device suspect'
  ],
  [
    'heuristicQuarantineMs',
    DAY_MS,
    SECOND_MS,
    30 * DAY_MS,
    'ms',
    'how long a heuristic quarantine lasts'
  ],
  ['transferFreezeMs', DAY_MS, 0, 30 * DAY_MS, 'ms', 'how long a recovered device cannot be sold'],
  [
    'guardianDelayMinMs',
    HOUR_MS,
    SECOND_MS,
    YEAR_MS,
    'ms',
    'shortest delay guardians may be given'
  ],
  [
    'guardianDelayMaxMs',
    30 * DAY_MS,
    SECOND_MS,
    YEAR_MS,
    'ms',
    'longest delay guardians may be given'
  ],
  [
    'alertWindowMs',
    HOUR_MS,
    SECOND_MS,
    DAY_MS,
    'ms',
    'span of time in which alerts are counted together'
  ],
  ['offerMs', 30 * DAY_MS, SECOND_MS, YEAR_MS, 'ms', 'longest life of a transfer offer'],
  ['motionLapseMs', 7 * DAY_MS, SECOND_MS, YEAR_MS, 'ms', 'longest life of a motion'],
  ['applicationLapseMs', 7 * DAY_MS, SECOND_MS, YEAR_MS, 'ms', 'longest life of an application'],
  [
    'membershipMs',
    30 * DAY_MS,
    10 * SECOND_MS,
    YEAR_MS,
    'ms',
    'awake time after which an unrenewed member lapses'
  ],
  ['evidenceAgeMaxMs', 2 * DAY_MS, SECOND_MS, YEAR_MS, 'ms', 'how old evidence may be'],
  ['releasesPerDayMax', 2, 1, 1000, 'releases', 'firmware releases of one class in a day'],
  ['blockBytesMax', MIB, 128 * KIB, 8 * MIB, 'bytes', 'largest block with its batches'],
  ['delta0Ms', 500, 10, 30 * SECOND_MS, 'ms', 'first network delay a view waits for'],
  [
    'deltaMaxMs',
    30 * SECOND_MS,
    100,
    600 * SECOND_MS,
    'ms',
    'largest network delay a view waits for'
  ],
  [
    'heartbeatMs',
    60 * SECOND_MS,
    100,
    HOUR_MS,
    'ms',
    'silence after which a quiet chain adds a block'
  ],
  [
    'messageDelayMs',
    15 * SECOND_MS,
    100,
    600 * SECOND_MS,
    'ms',
    'how late a proposal may arrive after its time'
  ],
  ['precisionMs', 505, 10, 60 * SECOND_MS, 'ms', 'how far two honest clocks may be apart'],
  ['controlBurst', 20, 1, RATE, 'units', 'control budget of a device, at once'],
  ['controlPerHour', 100, 1, RATE, HOURLY, 'control budget of a device'],
  ['ownerBurst', 20, 1, RATE, 'units', 'owner budget of a device, at once'],
  ['ownerPerHour', 60, 1, RATE, HOURLY, 'owner budget of a device'],
  ['controllerBurst', 20, 1, RATE, 'units', 'budget of one controller of a device, at once'],
  ['controllerPerHour', 100, 1, RATE, HOURLY, 'budget of one controller of a device'],
  ['memberBurst', 60, 1, RATE, 'units', 'budget of a member, at once'],
  ['memberPerHour', 600, 1, RATE, HOURLY, 'budget of a member'],
  ['vendorBurst', 50, 1, RATE, 'units', 'budget of a vendor, at once'],
  ['vendorPerHour', 200, 1, RATE, HOURLY, 'budget of a vendor'],
  [
    'introductionsBurst',
    100,
    1,
    RATE,
    'units',
    "strangers' transactions a member carries, at once"
  ],
  ['introductionsPerHour', 1000, 1, RATE, HOURLY, "strangers' transactions a member carries"],
  ['governanceSharePercent', 5, 0, 50, 'percent', 'share of a block kept for governance'],
  ['controlSharePercent', 25, 0, 50, 'percent', 'share of a block kept for control'],
  ['membersMin', 1, 1, 512, 'members', 'fewest members that motions may leave'],
  ['vouchesMin', 3, 1, 512, 'members', 'certifications that admit an applicant'],
  ['vouchesMax', 8, 1, 512, 'members', 'applicants and members that one member may answer for'],
  ['vouchStepsMax', 3, 1, 16, 'members', 'longest chain of certifications to two thirds of all'],
  ['vouchFreezeEpochs', 8, 0, 65_536, 'epochs', 'how long who certified a liar may certify nobody']
]

/** Every parameter, in the order in which genesis encodes them and motions number them. */
export const PARAMETERS: readonly ParameterDefinition[] = ROWS.map(
  ([name, value, min, max, unit, meaning]) => ({ name, default: value, min, max, unit, meaning })
)

/** Pairs of parameters of which the first must not be above the second. */
export const PARAMETER_ORDERINGS: readonly (readonly [
  lower: ParameterName,
  upper: ParameterName
])[] = [
  ['guardianDelayMinMs', 'guardianDelayMaxMs'],
  ['delta0Ms', 'deltaMaxMs']
]
