import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { oneWayMs, REGION_NAMES, REGIONS } from './latencies.ts'
import { parseRegionName, parseRegionSet, planRegions, REGION_SETS } from './region-set.ts'

const test = suite('region sets')

test('the table has a figure for every pair of regions, and distance is nearly the same both ways', () => {
  for (const from of REGION_NAMES)
    for (const to of REGION_NAMES) {
      assert.ok(oneWayMs(from, to) > 0, `${from} to ${to}`)
      assert.ok(Math.abs(oneWayMs(from, to) - oneWayMs(to, from)) <= 2, `${from} to ${to}`)
    }
})

test('the one-way delay is half the round trip of the source', () => {
  assert.is(oneWayMs('stockholm', 'tokyo'), 123.5)
  assert.is(oneWayMs('sydney', 'cape-town'), 204.5)
  assert.is(oneWayMs('virginia', 'california'), 32)
  assert.is(oneWayMs('london', 'london'), 0.5)
})

test('every region lies on the globe', () => {
  for (const { latitude, longitude } of Object.values(REGIONS))
    assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)
})

test('the global set repeats no region before all are taken', () => {
  const { regions } = planRegions('global', 13)
  assert.is(new Set(regions.slice(0, 12)).size, 12)
  assert.is(regions[12], regions[0])
})

test('more European nodes than regions share them, half a millisecond apart', () => {
  const plan = planRegions('europe', 4)
  assert.equal(plan.regions, ['stockholm', 'london', 'frankfurt', 'stockholm'])
  assert.is(plan.oneWayMs(0, 3), 0.5)
  assert.is(plan.oneWayMs(0, 1), 15.5)
})

test('the local set keeps the cities and drops the distance', () => {
  const plan = planRegions('local', 3)
  assert.equal(plan.regions, planRegions('global', 3).regions)
  assert.is(plan.oneWayMs(0, 2), 0)
})

test('a node is no distance from itself, and a node outside the plan is our own bug', () => {
  const plan = planRegions('global', 2)
  assert.is(plan.oneWayMs(1, 1), 0)
  assert.throws(() => plan.oneWayMs(0, 2))
})

test('names are read back, and strange ones are not', () => {
  for (const set of REGION_SETS) assert.is(parseRegionSet(set), set)
  assert.is(parseRegionSet('mars'), undefined)
  assert.is(parseRegionName('sao-paulo'), 'sao-paulo')
  assert.is(parseRegionName('constructor'), undefined)
})

test.run()
