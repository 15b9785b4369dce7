import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PARAMETER_ORDERINGS, PARAMETERS, RATE_MAX_UNITS_PER_HOUR } from './parameters.ts'

const test = suite('parameters')

const DAY_MS = 86_400_000

test('the order and the defaults are the law of genesis', () => {
  assert.is(
    PARAMETERS.map((parameter) => `${parameter.name}=${parameter.default}`).join(' '),
    'anchorWindowBlocks=65536 suspectMs=86400000 heuristicQuarantineMs=86400000 ' +
      'transferFreezeMs=86400000 guardianDelayMinMs=3600000 guardianDelayMaxMs=2592000000 ' +
      'alertWindowMs=3600000 offerMs=2592000000 motionLapseMs=604800000 ' +
      'applicationLapseMs=604800000 membershipMs=2592000000 evidenceAgeMaxMs=172800000 ' +
      'releasesPerDayMax=2 blockBytesMax=1048576 delta0Ms=500 deltaMaxMs=30000 ' +
      'heartbeatMs=60000 messageDelayMs=15000 precisionMs=505 controlBurst=20 ' +
      'controlPerHour=100 ownerBurst=20 ownerPerHour=60 controllerBurst=20 ' +
      'controllerPerHour=100 memberBurst=60 memberPerHour=600 vendorBurst=50 ' +
      'vendorPerHour=200 introductionsBurst=100 introductionsPerHour=1000 ' +
      'governanceSharePercent=5 controlSharePercent=25 membersMin=1 vouchesMin=3 ' +
      'vouchesMax=8 vouchStepsMax=3 vouchFreezeEpochs=8'
  )
})

test('every default lies within its range', () => {
  for (const { name, default: value, min, max } of PARAMETERS)
    assert.ok(min <= value && value <= max, name)
})

test('no rate lets a bucket of one day reach 2^53', () => {
  assert.ok(Number.isSafeInteger(DAY_MS * RATE_MAX_UNITS_PER_HOUR))
  for (const { name, max, unit } of PARAMETERS)
    if (unit === 'units' || unit === 'units per hour')
      assert.ok(max <= RATE_MAX_UNITS_PER_HOUR, name)
})

test('the reserved shares never exceed a block', () => {
  const shares = PARAMETERS.filter((parameter) => parameter.unit === 'percent')
  assert.ok(shares.reduce((sum, parameter) => sum + parameter.max, 0) <= 100)
})

test('the defaults keep every ordering', () => {
  const defaults = new Map(PARAMETERS.map((parameter) => [parameter.name, parameter.default]))
  for (const [lower, upper] of PARAMETER_ORDERINGS)
    assert.ok((defaults.get(lower) as number) <= (defaults.get(upper) as number), lower)
})

test.run()
