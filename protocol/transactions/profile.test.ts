import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CborValue } from '../codec/cbor.ts'
import {
  type Profile,
  type ProfileOverlay,
  profileToFields,
  RATCHET_NEVER,
  readProfile,
  readProfileOverlay,
  tightenProfile
} from './profile.ts'

const test = suite('profiles')

type Direction = 'greater' | 'less' | 'subset'

// Typed in anew: position by position the name, its range, and what is stricter.
const ROWS: readonly (readonly [
  name: Exclude<keyof Profile, 'regions'> | 'regions',
  min: number,
  max: number,
  stricter: Direction
])[] = [
  ['sealing', 0, 1, 'greater'],
  ['signatureSuites', 0, 3, 'subset'],
  ['ratchetEvery', 1, 4_294_967_295, 'less'],
  ['inlineBytesMax', 0, 8192, 'less'],
  ['rateBurst', 1, Number.MAX_SAFE_INTEGER, 'less'],
  ['ratePerHour', 1, 10_000_000, 'less'],
  ['silenceMaxMs', 0, Number.MAX_SAFE_INTEGER, 'less'],
  ['anchorAgeMaxMs', 0, Number.MAX_SAFE_INTEGER, 'less'],
  ['speedMaxMetresPerSecond', 0, Number.MAX_SAFE_INTEGER, 'less'],
  ['regions', 0, 0, 'subset'],
  ['attestLevel', 0, 2, 'greater'],
  ['attestEveryMs', 0, Number.MAX_SAFE_INTEGER, 'less'],
  ['onFork', 0, 1, 'greater'],
  ['heuristicQuarantine', 0, 1, 'greater'],
  ['readersMax', 0, 16, 'less'],
  ['firmwareConsent', 0, 1, 'greater'],
  ['verdictsMin', 0, 16, 'greater']
]

const regionNames = ['af', 'as', 'eu', 'na', 'oc', 'sa']
const regionList = fc.subarray(regionNames, { minLength: 1 })

const overlay: fc.Arbitrary<ProfileOverlay> = fc
  .tuple(
    ...ROWS.map(([name, min, max]): fc.Arbitrary<unknown> => {
      if (name === 'regions') return fc.option(regionList)
      return fc.option(
        fc.oneof(fc.integer({ min, max }), fc.integer({ min, max: Math.min(max, min + 3) }))
      )
    })
  )
  .map((values) => readProfileOverlay(values as CborValue) as ProfileOverlay)

const loosest: Profile = readProfile([
  0,
  3,
  RATCHET_NEVER,
  8192,
  Number.MAX_SAFE_INTEGER,
  10_000_000,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
  null,
  0,
  Number.MAX_SAFE_INTEGER,
  0,
  0,
  16,
  0,
  0
]) as Profile

const profile: fc.Arbitrary<Profile> = overlay
  .map((drawn) => tightenProfile(loosest, drawn))
  .filter((drawn) => drawn !== undefined)

const meet = (left: Profile | undefined, right: ProfileOverlay | undefined): Profile | undefined =>
  left && right && tightenProfile(left, right)

/** Whether a field of `result` is at least as strict as in `side`, by the table above. */
function isAsStrict(result: Profile, side: ProfileOverlay, row: (typeof ROWS)[number]): boolean {
  const [name, , , stricter] = row
  if (name === 'regions')
    return (
      side.regions === null || (result.regions?.every((r) => side.regions?.includes(r)) ?? false)
    )
  const [value, bound] = [result[name], side[name]]
  if (bound === null) return true
  if (stricter === 'subset') return (value & ~bound) === 0
  return stricter === 'greater' ? value >= bound : value <= bound
}

test('a meet is at least as strict as both sides in every field', () => {
  fc.assert(
    fc.property(profile, overlay, (left, right) => {
      const result = tightenProfile(left, right)
      if (result === undefined) return
      for (const row of ROWS) {
        assert.ok(isAsStrict(result, left, row), row[0])
        assert.ok(isAsStrict(result, right, row), row[0])
      }
    }),
    { numRuns: 500 }
  )
})

test('a meet is no stricter than it must be: every number stands on one of the sides', () => {
  fc.assert(
    fc.property(profile, overlay, (left, right) => {
      const result = tightenProfile(left, right)
      if (result === undefined) return
      for (const [name] of ROWS)
        if (name !== 'regions' && name !== 'signatureSuites')
          assert.ok(result[name] === left[name] || result[name] === right[name], name)
    })
  )
})

test('the order in which profiles meet is of no matter', () => {
  fc.assert(
    fc.property(profile, profile, (left, right) => {
      assert.equal(meet(left, right), meet(right, left))
    }),
    { numRuns: 500 }
  )
})

test('how three of them are bracketed is of no matter', () => {
  fc.assert(
    fc.property(profile, profile, profile, (a, b, c) => {
      assert.equal(meet(meet(a, b), c), meet(a, meet(b, c)))
    }),
    { numRuns: 500 }
  )
})

test('overlays one after the other are as one made of both', () => {
  fc.assert(
    fc.property(profile, overlay, overlay, (base, first, second) => {
      assert.equal(meet(meet(base, first), second), meet(meet(base, second), first))
    }),
    { numRuns: 500 }
  )
})

test('meeting itself, or an overlay that says nothing, changes nothing', () => {
  const silent = readProfileOverlay(ROWS.map(() => null)) as ProfileOverlay
  fc.assert(
    fc.property(profile, overlay, (base, right) => {
      assert.equal(meet(base, base), base)
      assert.equal(meet(base, silent), base)
      const once = meet(base, right)
      if (once !== undefined) assert.equal(meet(once, right), once)
    })
  )
})

test('a meet without a suite, or without a region, is no profile', () => {
  const silent = readProfileOverlay(ROWS.map(() => null)) as ProfileOverlay
  const ed25519Only: Profile = { ...loosest, signatureSuites: 1 }
  assert.is(tightenProfile(ed25519Only, { ...silent, signatureSuites: 2 }), undefined)
  assert.is(tightenProfile(loosest, { ...silent, signatureSuites: 0 }), undefined)
  assert.is(tightenProfile(ed25519Only, { ...silent, signatureSuites: 3 })?.signatureSuites, 1)
  const europe: Profile = { ...loosest, regions: ['eu'] }
  assert.is(tightenProfile(europe, { ...silent, regions: ['as', 'us'] }), undefined)
  assert.is(tightenProfile(loosest, { ...silent, regions: [] }), undefined)
  assert.equal(tightenProfile(europe, { ...silent, regions: ['as', 'eu'] })?.regions, ['eu'])
  assert.equal(tightenProfile(europe, silent)?.regions, ['eu'])
  assert.equal(tightenProfile(loosest, { ...silent, regions: ['as'] })?.regions, ['as'])
})

test('profiles and overlays come back from their wire form', () => {
  fc.assert(
    fc.property(profile, overlay, (complete, partial) => {
      assert.equal(readProfile(profileToFields(complete)), complete)
      assert.equal(readProfileOverlay(profileToFields(partial)), partial)
    })
  )
})

test('every position is read within its range, and in its place', () => {
  const fields = profileToFields(loosest) as readonly CborValue[]
  for (const [position, [name, min, max]] of ROWS.entries()) {
    if (name === 'regions') continue
    const least = name === 'signatureSuites' ? 1 : min
    for (const value of [least, max]) {
      const read = readProfile(fields.with(position, value))
      assert.is(read?.[name], value, name)
    }
    const wrong: CborValue[] = ['1', [], null]
    if (max < Number.MAX_SAFE_INTEGER) wrong.push(max + 1)
    if (least > 0) wrong.push(least - 1)
    for (const value of wrong)
      assert.is(readProfile(fields.with(position, value)), undefined, `${name} ${value}`)
    assert.is(readProfileOverlay(fields.with(position, null))?.[name], null, name)
  }
  assert.is(readProfile(fields.slice(1)), undefined)
  assert.is(readProfile([...fields, 0]), undefined)
})

test('regions are up to eight, distinct and ascending', () => {
  const fields = profileToFields(loosest) as readonly CborValue[]
  const read = (regions: CborValue): unknown => readProfile(fields.with(9, regions))?.regions
  assert.equal(read(null), null)
  assert.equal(read(['a', 'b']), ['a', 'b'])
  assert.equal(read([...'abcdefgh']), [...'abcdefgh'])
  for (const wrong of [['b', 'a'], ['a', 'a'], [...'abcdefghi'], ['x'.repeat(65)], [1], 'eu'])
    assert.is(read(wrong), undefined)
})

test.run()
