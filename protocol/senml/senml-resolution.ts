/**
 * What the records of a SenML pack mean: base fields applied, times absolute.
 *
 * @see RFC 8428 §4.5 and §4.6
 * @module
 */

import type { SenmlRecord } from './senml-record.ts'

/** A record with the base fields applied and an absolute time. */
export interface ResolvedRecord {
  readonly name: string
  /** Seconds since 1970. */
  readonly timeSeconds: number
  readonly unit?: string
  readonly value?: number | string | boolean | Uint8Array
  readonly sum?: number
  readonly updateTimeSeconds?: number
  /** Only where the pack is of an older version than the one that is usual. */
  readonly version?: number
}

/** Times below this are relative to now (RFC 8428 §4.5.3). */
const RELATIVE_TIME_BELOW = 2 ** 28
const VERSION = 10
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/

/**
 * Applies base fields and makes times absolute, in order of time (RFC 8428 §4.6).
 *
 * @param nowSeconds - what relative times are relative to, in seconds since 1970
 * @returns the records; undefined when a name or the version is not allowed, or a number too large
 */
export function resolveSenml(
  records: readonly SenmlRecord[],
  nowSeconds: number
): ResolvedRecord[] | undefined {
  const version = versionOf(records)
  if (version === undefined) return undefined
  const resolved: ResolvedRecord[] = []
  let base: SenmlRecord = {}
  for (const record of records) {
    base = { ...base, ...record }
    const entry = resolveRecord(base, record, nowSeconds)
    if (entry === undefined) continue
    if (!NAME.test(entry.name) || !hasFiniteNumbers(entry)) return undefined
    resolved.push(version === VERSION ? entry : { ...entry, version })
  }
  return resolved.sort((a, b) => a.timeSeconds - b.timeSeconds)
}

/** Resolved records as a pack again, which means the same to whoever reads it, whenever. */
export function packResolved(resolved: readonly ResolvedRecord[]): SenmlRecord[] {
  return resolved.map(({ name, unit, value, sum, timeSeconds, updateTimeSeconds, version }) => ({
    ...(version === undefined ? {} : { bver: version }),
    n: name,
    ...(unit === undefined ? {} : { u: unit }),
    ...valueField(value),
    ...(sum === undefined ? {} : { s: sum }),
    t: timeSeconds,
    ...(updateTimeSeconds === undefined ? {} : { ut: updateTimeSeconds })
  }))
}

function valueField(value: ResolvedRecord['value']): SenmlRecord {
  switch (typeof value) {
    case 'undefined':
      return {}
    case 'number':
      return { v: value }
    case 'string':
      return { vs: value }
    case 'boolean':
      return { vb: value }
    default:
      return { vd: value }
  }
}

/** The one version of all records (RFC 8428 §4.4); undefined for two, or one that is not known. */
function versionOf(records: readonly SenmlRecord[]): number | undefined {
  const versions = new Set(records.map(({ bver }) => bver).filter((bver) => bver !== undefined))
  const [version = VERSION] = versions
  return versions.size > 1 || version > VERSION ? undefined : version
}

/** One record; undefined when it only sets base fields. */
function resolveRecord(
  base: SenmlRecord,
  record: SenmlRecord,
  nowSeconds: number
): ResolvedRecord | undefined {
  const other = record.vs ?? record.vb ?? record.vd
  if (record.v === undefined && other === undefined && record.s === undefined) return undefined
  const time = (base.bt ?? 0) + (record.t ?? 0)
  const unit = record.u ?? base.bu
  const value = other ?? sumOf(base.bv, record.v)
  const sum = sumOf(base.bs, record.s)
  return {
    name: `${base.bn ?? ''}${record.n ?? ''}`,
    timeSeconds: time < RELATIVE_TIME_BELOW ? nowSeconds + time : time,
    ...(unit === undefined ? {} : { unit }),
    ...(value === undefined ? {} : { value }),
    ...(sum === undefined ? {} : { sum }),
    ...(record.ut === undefined ? {} : { updateTimeSeconds: record.ut })
  }
}

/** Sums of finite numbers may not be finite. */
function hasFiniteNumbers({ timeSeconds, value, sum }: ResolvedRecord): boolean {
  return [timeSeconds, value, sum].every(
    (part) => typeof part !== 'number' || Number.isFinite(part)
  )
}

/** A missing part counts as zero, two missing parts as nothing. */
function sumOf(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined && right === undefined ? undefined : (left ?? 0) + (right ?? 0)
}
